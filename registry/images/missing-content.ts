import { blobsNamed, type Repository } from '../catalog/repository.ts';
import type { Digest } from '../reference.ts';
import { Pace } from '../pace.ts';
import type { Store } from './store.ts';

export interface MissingContent {
  readonly digest: Digest;
  readonly kind: 'manifest' | 'config' | 'layer';
}

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
): Promise<MissingContent[]> {
  const pace = new Pace();
  const missing: MissingContent[] = [];
  for (const [digest, kind] of contentBelow(repository, root)) {
    await pace.rest();
    if ((await blobs.findSize(digest)) === undefined) missing.push({ digest, kind });
    if (missing.length === most) break;
  }
  return missing;
}

/** Without what the repository never had, such as layers that are only named. */
function contentBelow(repository: Repository, root: Digest): Map<Digest, MissingContent['kind']> {
  const found = new Map<Digest, MissingContent['kind']>(repository.blobs.has(root) ? [[root, 'layer']] : []);
  for (const manifest of repository.manifestsBelow(root)) {
    found.set(manifest.digest, 'manifest');
    for (const { digest } of blobsNamed(manifest)) {
      if (repository.blobs.has(digest))
        found.set(digest, digest === manifest.config?.digest ? 'config' : 'layer');
    }
  }
  return found;
}
