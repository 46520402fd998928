import type { Manifest, Repository } from '../catalog/repository.ts';
import { algorithmOf, hexOf, isDigest, type Digest } from '../reference.ts';

/** What clients append to the tag that they make from a subject's digest: cosign's signatures, and the like. */
const ATTACHMENT_SUFFIXES = ['', '.sig', '.att', '.sbom'] as const;

const ATTACHMENT_TAG = /^(sha256|sha512)-([a-f0-9]{64,128})(?:\.(?:sig|att|sbom))?$/;

/** Whether the tag is of the kind by which clients attach things, whether or not what it names is here. */
export function isAttachmentTag(tag: string): boolean {
  return ATTACHMENT_TAG.test(tag);
}

/** A tag's part of a digest: OCI Distribution Spec 1.1, "Referrers Tag Schema". */
const DIGEST_PART = 64;

/**
 * Tags by which clients that know no referrers API attach things to a manifest: `sha256-<hex>`, the list of
 * referrers, and cosign's `sha256-<hex>.sig` and its like.
 */
export function attachmentTags(repository: Repository, subject: Digest): string[] {
  if (!repository.hasTagsFromDigests) return [];
  return attachmentTagsOf(subject).filter((tag) => repository.tags.has(tag));
}

/** The same, whether or not they are there. */
export function attachmentTagsOf(subject: Digest): string[] {
  const stem = `${algorithmOf(subject)}-${hexOf(subject).slice(0, DIGEST_PART)}`;
  return ATTACHMENT_SUFFIXES.map((suffix) => `${stem}${suffix}`);
}

/**
 * The subject to which such a tag attaches something, if it is in the repository. Not that of a protected tag,
 * which stays for itself.
 */
export function findSubjectOf(repository: Repository, tag: string): Manifest | undefined {
  if (repository.tags.get(tag)?.protected === true) return undefined;
  const [, algorithm, hex] = ATTACHMENT_TAG.exec(tag) ?? [];
  if (algorithm === undefined) return undefined;
  const start = `${algorithm}:${hex}`;
  if (isDigest(start)) return repository.manifests.get(start);
  // A sha512 is longer than its part of the tag.
  for (const manifest of repository.manifestsOfStem(start)) {
    if (manifest.digest.startsWith(start)) return manifest;
  }
  return undefined;
}

/** Tags that somebody chose, as against those that only attach something to a manifest that is here. */
export function ownTags(repository: Repository, digest: Digest): string[] {
  return [...repository.tagsOf(digest)].filter((tag) => findSubjectOf(repository, tag) === undefined);
}

/** How many tags of a repository name an image for itself, and do not only attach something to one. */
export function countTags(repository: Repository): number {
  let count = repository.tags.size;
  for (const tag of repository.tags.keys()) if (findAttachedTo(repository, tag) !== undefined) count -= 1;
  return count;
}

/** What the tag attaches something to; undefined for nearly every tag, and quickly found. */
export function findAttachedTo(repository: Repository, tag: string): Manifest | undefined {
  return tag.startsWith('sha') ? findSubjectOf(repository, tag) : undefined;
}

/**
 * Whether a manifest is what people call an image, whatever kind it is of: it has a tag of its own, or nothing leads
 * to it. What only an index lists, or what is attached to something, is a part of that.
 */
export function isForItself(repository: Repository, { digest, subject }: Manifest): boolean {
  let isTagged = false;
  for (const tag of repository.tagsOf(digest)) {
    if (findAttachedTo(repository, tag) === undefined) return true;
    isTagged = true;
  }
  if (isTagged || repository.isListed(digest)) return false;
  return subject === undefined || !repository.manifests.has(subject);
}
