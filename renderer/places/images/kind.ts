import type { ImageSummary } from '../../../registry/api/contract.ts';

const ARTIFACTS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/helm\.config/, 'Helm chart'],
  [/cosign|sigstore|notary|signature/, 'signature'],
  [/spdx|cyclonedx|sbom/, 'SBOM'],
  [/in-toto|attestation|provenance/, 'attestation'],
  [/buildkit\.cacheconfig/, 'build cache'],
  [/wasm/, 'WebAssembly'],
];

/** What people call a kind of artifact; its own type where they have no word. */
export function artifactName(type: string | null): string {
  if (type === null) return 'artifact';
  const known = ARTIFACTS.find(([pattern]) => pattern.test(type));
  return known?.[1] ?? type;
}

export function kindName({
  kind,
  artifactType,
  mediaType,
}: Pick<ImageSummary, 'kind' | 'artifactType' | 'mediaType'>): string {
  if (kind === 'index') return 'multi-platform image';
  return kind === 'image' ? 'image' : artifactName(artifactType ?? mediaType);
}

const SUFFIXES: Readonly<Record<string, string>> = {
  sig: 'signature',
  att: 'attestation',
  sbom: 'SBOM',
};

/** What a tag like `sha256-<hex>.sig` attaches. */
export function attachmentName(tag: string): string {
  return SUFFIXES[tag.slice(tag.lastIndexOf('.') + 1)] ?? 'list of referrers';
}
