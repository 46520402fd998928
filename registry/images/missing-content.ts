import { blobsNamed, type Repository } from '../catalog/repository.ts';
import type { Digest } from '../reference.ts';
import { Pace } from '../pace.ts';
import type { Store } from './store.ts';

/**
 * What should be on the disk and is not, because its file is gone or was quarantined: of a manifest, with all that it
 * leads to, or of a blob.
 *
 * @param most no more are looked for
 */
export async function findMissingContent(
  { blobs }: Pick<Store, 'blobs'>,
  repository: Repository,
  root: Digest,
  most: number,
): Promise<Digest[]> {
  const pace = new Pace();
  const missing: Digest[] = [];
  for (const digest of contentBelow(repository, root)) {
    await pace.rest();
    if ((await blobs.findSize(digest)) === undefined) missing.push(digest);
    if (missing.length === most) break;
  }
  return missing;
}

/** Without what the repository never had, such as layers that are only named. */
function contentBelow(repository: Repository, root: Digest): Set<Digest> {
  const found = new Set<Digest>(repository.blobs.has(root) ? [root] : []);
  for (const manifest of repository.manifestsBelow(root)) {
    found.add(manifest.digest);
    for (const { digest } of blobsNamed(manifest)) if (repository.blobs.has(digest)) found.add(digest);
  }
  return found;
}
