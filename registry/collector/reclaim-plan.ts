import type { Catalog } from '../catalog/catalog.ts';
import { blobsOf, contentOf } from '../catalog/content-index.ts';
import { blobsNamed, type Manifest, type Repository } from '../catalog/repository.ts';
import { held } from '../catalog/trash.ts';
import { hasProtectedTag } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { withWhatGoesAlong } from './reach.ts';
import { findUnwanted, type Unwanted } from './unwanted.ts';

export interface ReclaimRules {
  /** Take also what could still be restored. */
  readonly emptyTrash: boolean;
  /** Milliseconds for which what was deleted or overwritten can be restored. */
  readonly undoMs: number;
  /** Milliseconds for which a blob that no manifest names may belong to a push under way. */
  readonly graceMs: number;
  /** Take also what stays for this reason: for counting what that keeps. */
  readonly giveUp?: Reason;
}

/** Why the catalog gives something up, or keeps it for now although nothing leads to it. */
export type Reason = 'deleted' | 'untagged' | 'unused' | 'in use';

export interface PlannedItem {
  /** `trash`: a deleted manifest; `manifest`: a live one; `link`: of a blob in a repository. */
  readonly kind: 'trash' | 'manifest' | 'link';
  readonly digest: Digest;
  readonly reason: Reason;
  /** Milliseconds since 1970: when it was deleted, lost its last tag, or was linked. */
  readonly since: number;
}

export interface RepositoryPlan {
  readonly repository: string;
  readonly drops: readonly PlannedItem[];
  readonly stays: readonly PlannedItem[];
}

/**
 * What nothing live leads to any more, and which of it is due. Computed in slices, so that pushes and pulls
 * go on; whoever carries it out checks each item again. Repositories without any such thing are left out.
 */
export async function planDrops(
  store: Store,
  rules: ReclaimRules,
  now: number = Date.now(),
): Promise<RepositoryPlan[]> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  const names = new Set(catalog.repositories.keys());
  for (const [name] of catalog.trash.repositories) names.add(name);
  const plans: RepositoryPlan[] = [];
  for (const name of names) {
    const plan = await planRepository(store, name, rules, now, pace);
    if (plan.drops.length + plan.stays.length > 0) plans.push(plan);
  }
  return plans;
}

async function planRepository(
  store: Store,
  name: string,
  { emptyTrash, undoMs, graceMs, giveUp }: ReclaimRules,
  now: number,
  pace: Pace,
): Promise<RepositoryPlan> {
  const { catalog } = store.ledger;
  const drops: PlannedItem[] = [];
  const stays: PlannedItem[] = [];
  const isDue = (since: number): boolean => emptyTrash || since + undoMs <= now;
  const isTold = (digest: Digest): boolean => store.leases.isTold(name, digest);
  /** Returns whether it goes. */
  const add = (item: PlannedItem, due: boolean): boolean => {
    const inUse = isTold(item.digest);
    const reason = inUse ? 'in use' : item.reason;
    const goes = (due && !inUse) || giveUp === reason;
    if (goes) drops.push(item);
    else stays.push({ ...item, reason });
    return goes;
  };

  /** Blobs of deleted manifests that can still be restored: whoever pushes them again need not send them. */
  const restorable = new Set<Digest>();
  const { manifests, blobs } = catalog.trash.of(name);
  for (const [digest, { manifest, deletedAt: since }] of manifests) {
    const goes = add({ kind: 'trash', digest, reason: 'deleted', since }, isDue(since));
    // Those that came after it, too.
    if (!goes) for (const blob of blobsNamed(manifest)) restorable.add(blob.digest);
    await pace.rest();
  }
  for (const [digest, { deletedAt: since }] of blobs) {
    add({ kind: 'link', digest, reason: 'deleted', since }, isDue(since));
    await pace.rest();
  }

  const repository = catalog.findRepository(name);
  if (repository === undefined) return { repository: name, drops, stays };
  const isHeld = (of: Repository, digest: Digest): boolean => hasProtectedTag(store, of, digest);
  const going = new Set<Manifest>();
  const waiting = new Map<Manifest, PlannedItem>();
  const due: Unwanted[] = [];
  for (const unwanted of await findUnwanted(store, repository, pace)) {
    await pace.rest();
    const { below, since } = unwanted;
    const inUse = below.some(({ digest }) => isTold(digest));
    const reason = inUse ? 'in use' : 'untagged';
    if ((!inUse && isDue(since)) || giveUp === reason) {
      due.push(unwanted);
      continue;
    }
    for (const each of below) waiting.set(each, { kind: 'manifest', digest: each.digest, reason, since });
  }
  for (const { root, since } of due) {
    await pace.rest();
    // What several of them share goes with the last one.
    const group = withWhatGoesAlong(repository, [root.digest], (digest) => isHeld(repository, digest), {
      manifests: going,
      isTagGoing: () => false,
    });
    for (const { digest } of group) drops.push({ kind: 'manifest', digest, reason: 'untagged', since });
  }
  for (const [manifest, item] of waiting) if (!going.has(manifest)) stays.push(item);

  // Nobody knows what a manifest names that cannot be read: it may be any of the links that seem unused.
  const isBlind = [...repository.manifests.values()].some(({ unreadable }) => unreadable === true);
  const left = isBlind ? new Map<Digest, number>() : new Map(repository.unusedSince);
  for (const manifest of going) {
    for (const { digest } of blobsOf(manifest)) {
      if (repository.blobs.has(digest) && !isUsed(catalog, name, digest, going)) left.set(digest, 0);
    }
    await pace.rest();
  }
  for (const [digest, since] of left) {
    if (!restorable.has(digest))
      add({ kind: 'link', digest, reason: 'unused', since }, since + graceMs <= now);
    await pace.rest();
  }
  return { repository: name, drops, stays };
}

/** By a manifest of the repository that stays. */
function isUsed(catalog: Catalog, repository: string, blob: Digest, going: ReadonlySet<Manifest>): boolean {
  for (const user of catalog.content.users(blob)) {
    if (user.repository === repository && !going.has(user)) return true;
  }
  return false;
}

/** Content that nothing would need any more if the catalog gave up these items. */
export async function freedBy(
  catalog: Catalog,
  plans: Iterable<Omit<RepositoryPlan, 'stays'>>,
): Promise<Digest[]> {
  const pace = new Pace();
  const released = new Map<Digest, number>();
  const going = new Set<Manifest>();
  const release = (digest: Digest): void => {
    released.set(digest, (released.get(digest) ?? 0) + 1);
  };
  for (const { repository, drops } of plans) {
    for (const { kind, digest } of drops) {
      if (kind === 'link') release(digest);
      if (kind === 'trash') {
        const trashed = catalog.trash.of(repository).manifests.get(digest);
        if (trashed !== undefined) for (const [each] of held(trashed.manifest)) release(each);
      }
      const live =
        kind === 'manifest' ? catalog.findRepository(repository)?.manifests.get(digest) : undefined;
      if (live !== undefined) {
        going.add(live);
        for (const each of contentOf(live).keys()) if (!released.has(each)) released.set(each, 0);
      }
      await pace.rest();
    }
  }
  const freed: Digest[] = [];
  for (const [digest, holds] of released) {
    if (catalog.content.holdsOf(digest) <= holds && hasNoUser(catalog, digest, going)) freed.push(digest);
    await pace.rest();
  }
  return freed;
}

function hasNoUser(catalog: Catalog, digest: Digest, going: ReadonlySet<Manifest>): boolean {
  for (const user of catalog.content.users(digest)) if (!going.has(user)) return false;
  return true;
}
