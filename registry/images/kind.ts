import type { ManifestEntry } from '../catalog/operation.ts';
import { isIndexType } from './media-types.ts';

/** What a manifest is to people: an image of one platform, an index of several, or anything else that is stored. */
export type Kind = 'image' | 'index' | 'artifact';

/** The configs that say how something is run. Helm, ORAS, cosign and others have their own. */
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

export function kindOf(manifest: ManifestEntry): Kind {
  const { mediaType, config, layers, artifactType } = manifest;
  // A build cache may be an index whose entries are layers.
  if (isIndexType(mediaType)) return layers === undefined ? 'index' : 'artifact';
  const isImage = config !== undefined && IMAGE_CONFIGS.has(config.mediaType);
  // What is attached has the type of its config where it names none of its own.
  return isImage && (artifactType === undefined || artifactType === config.mediaType) ? 'image' : 'artifact';
}

/** What an artifact says it is; undefined for images. */
export function artifactTypeOf(manifest: ManifestEntry): string | undefined {
  return kindOf(manifest) === 'artifact' ? (manifest.artifactType ?? manifest.config?.mediaType) : undefined;
}
