import type { Digest } from '../reference.ts';
import { readRepository, type Store } from './store.ts';

/**
 * Manifests and blobs of a repository whose digests begin so, those in its trash among them, in lexical order.
 *
 * @param beginning with or without the algorithm
 * @throws RegistryError NAME_UNKNOWN
 */
export function findDigests(store: Store, name: string, beginning: string): Digest[] {
  const { catalog } = store.ledger;
  const trash = catalog.trash.of(name);
  const isInTrash = trash.manifests.size + trash.blobs.size > 0;
  const repository = isInTrash ? catalog.findRepository(name) : readRepository(store, name);
  const all = [repository?.manifests, repository?.blobs, trash.manifests, trash.blobs];
  const found = new Set<Digest>();
  for (const each of all) {
    for (const digest of each?.keys() ?? []) {
      const isMeant = digest.startsWith(beginning) || digest.startsWith(beginning, digest.indexOf(':') + 1);
      if (isMeant) found.add(digest);
    }
  }
  return [...found].sort();
}
