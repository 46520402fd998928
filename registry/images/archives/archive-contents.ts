import type { ManifestEntry } from '../../catalog/operation.ts';
import { Pace } from '../../pace.ts';
import type { Digest } from '../../reference.ts';
import { invalid } from '../tar/tar-header.ts';
import type { StagedFile } from './staged-files.ts';

export type ArchiveFormat =
  'docker archive' | 'OCI layout' | 'docker archive and OCI layout' | 'image folder';

/** A manifest with its bytes, as it will be stored. */
export interface StagedManifest {
  readonly entry: ManifestEntry;
  readonly content: Buffer;
}

/** An image that an archive names, or that nothing else in it leads to. */
export interface ArchiveImage {
  readonly digest: Digest;
  /** As the archive has them, registries included. */
  readonly names: readonly string[];
  /** Tags without a name, as OCI layouts may have. */
  readonly tags?: readonly string[];
  /** `linux/arm64`, if the archive says so where it lists the image. */
  readonly platform?: string | undefined;
}

/** What is in an archive: read, verified, and in no repository yet. */
export interface ArchiveContents {
  readonly format: ArchiveFormat;
  readonly images: readonly ArchiveImage[];
  readonly manifests: ReadonlyMap<Digest, StagedManifest>;
  /** Configs, layers and other blobs; those that are here already may be left out of it. */
  readonly blobs: ReadonlyMap<Digest, StagedFile>;
  readonly warnings: readonly string[];
}

/** A manifest and all that it leads to in the archive, what is listed before what lists it. */
export function manifestsBelow(
  manifests: ReadonlyMap<Digest, StagedManifest>,
  digest: Digest,
  found = new Map<Digest, StagedManifest>(),
): ReadonlyMap<Digest, StagedManifest> {
  const manifest = manifests.get(digest);
  if (manifest === undefined || found.has(digest)) return found;
  for (const child of manifest.entry.manifests ?? []) manifestsBelow(manifests, child.digest, found);
  found.set(digest, manifest);
  return found;
}

/** Of manifests in images, each counted wherever it goes along: a few lists could make it billions. */
export const MOST_PLACES = 200_000;

/**
 * What each image leads to. Lists of the same lists are small, and grow with each of them that leads there.
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export async function readTrees(
  images: readonly ArchiveImage[],
  manifests: ArchiveContents['manifests'],
): Promise<Map<Digest, Map<Digest, StagedManifest>>> {
  const pace = new Pace();
  const trees = new Map<Digest, Map<Digest, StagedManifest>>();
  let places = 0;
  for (const { digest } of images) {
    const tree = new Map(manifestsBelow(manifests, digest));
    places += tree.size;
    if (places > MOST_PLACES) throw invalid(`The archive lists manifests more than ${MOST_PLACES} times.`);
    trees.set(digest, tree);
    await pace.rest();
  }
  return trees;
}
