import type { Manifest, Repository } from '../catalog/repository.ts';
import { hasProtectedTag } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import type { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { unwantedBelow, Wanted } from './reach.ts';

export interface Unwanted {
  readonly root: Manifest;
  /** It and what belongs to it, be it to others as well. */
  readonly below: readonly Manifest[];
  /** When the last of these was seen. Milliseconds since 1970. */
  readonly since: number;
}

/** Which manifests somebody wants at this moment; a tag that a rule protects is never given up. */
export function wantedNow(store: Pick<Store, 'ledger' | 'settings'>): Wanted {
  const { catalog } = store.ledger;
  const isHeld = (of: Repository, digest: Digest): boolean => hasProtectedTag(store, of, digest);
  return new Wanted((name) => catalog.findRepository(name), isHeld);
}

/** Manifests that nothing leads to any more, but for those that belong to another. In slices. */
export async function findUnwanted(
  store: Pick<Store, 'ledger' | 'observations' | 'settings'>,
  repository: Repository,
  pace: Pace,
): Promise<Unwanted[]> {
  const { catalog } = store.ledger;
  const found: Unwanted[] = [];
  let wanted = wantedNow(store);
  let { version } = catalog;
  for (const root of repository.manifests.values()) {
    await pace.rest();
    if (catalog.version !== version) {
      wanted = wantedNow(store);
      version = catalog.version;
    }
    const { digest, subject, untaggedAt } = root;
    if (untaggedAt === undefined || repository.isListed(digest)) continue;
    if (subject !== undefined && repository.manifests.has(subject)) continue;
    if (wanted.has(root)) continue;
    const below = unwantedBelow(repository, root, wanted);
    const since = below.reduce((last, each) => Math.max(last, lastSeen(store, each)), 0);
    found.push({ root, below, since });
  }
  return found;
}

/** A manifest that somebody still pulls by its digest is not forgotten yet. */
export function lastSeen({ observations }: Pick<Store, 'observations'>, manifest: Manifest): number {
  const { pushedAt, untaggedAt = 0 } = manifest;
  return Math.max(pushedAt, observations.lastPull(manifest) ?? 0, untaggedAt);
}
