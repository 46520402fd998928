import type { BlobStore } from '../blobs/blob-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { dependentsOf } from './dependents.ts';

/** Content that the catalog needs and that is not among the files. */
export interface MissingContent {
  readonly digest: Digest;
  /** @see dependentsOf */
  readonly dependents: readonly string[];
}

/** Looks for the files of everything that a manifest, a link or the trash needs, and at their sizes. */
export async function findMissing(
  catalog: Catalog,
  blobs: BlobStore,
  signal?: AbortSignal,
): Promise<{ missing: MissingContent[]; wrongSize: MissingContent[] }> {
  const { content } = catalog;
  const pace = new Pace();
  const needed: Digest[] = [];
  for (const [digest] of content.entries()) needed.push(digest);
  const missing: MissingContent[] = [];
  const wrongSize: MissingContent[] = [];
  for (const digest of needed) {
    signal?.throwIfAborted();
    await pace.rest();
    const size = await blobs.findSize(digest);
    // What was reclaimed meanwhile is not missing.
    if (!content.isNeeded(digest) || size === content.sizeOf(digest)) continue;
    const found = { digest, dependents: dependentsOf(catalog, digest) };
    (size === undefined ? missing : wrongSize).push(found);
  }
  return { missing, wrongSize };
}
