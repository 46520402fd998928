import { GRACE_MS } from '../blobs/leases.ts';
import { blobsOf } from '../catalog/content-index.ts';
import type { Operation } from '../catalog/operation.ts';
import type { Store } from '../images/store.ts';
import { isProtected } from '../images/protection.ts';
import type { Digest } from '../reference.ts';
import type { BudgetPlan, BudgetStep } from './budget-plan.ts';
import { deletionOf } from '../collector/deletion.ts';
import { lastUse } from './retention-decisions.ts';

export interface BudgetReport {
  /** Records of the journal. They cannot be undone: what they took is not in the trash. */
  readonly changes: readonly number[];
  readonly tags: number;
  readonly manifests: number;
  /** Bytes that nothing needs any more: the next reclaim removes them from the disk. */
  readonly bytes: number;
}

const STEPS_OF_A_RECORD = 100;

const ACTOR = { client: 'berth budget' };

/**
 * Gives up what the plan names, for good, leaving out what somebody has used since. Removing the files is
 * the reclaim's work.
 *
 * @param signal stops between two records
 */
export async function runBudget(store: Store, plan: BudgetPlan, signal?: AbortSignal): Promise<BudgetReport> {
  const { content, history } = store.ledger.catalog;
  const before = content.totalSize;
  const changes: number[] = [];
  let tags = 0;
  let manifests = 0;
  for (let start = 0; start < plan.steps.length; start += STEPS_OF_A_RECORD) {
    signal?.throwIfAborted();
    const some = plan.steps.slice(start, start + STEPS_OF_A_RECORD);
    let steps: BudgetStep[] = [];
    // The fold leaves alone what was touched since; of what clients were told only the last moment knows.
    const record = await store.ledger.decide(ACTOR, {
      dependsOn: () => false,
      decide: () => {
        steps = some.filter((step) => isStillDue(store, step));
        return steps.flatMap((step) => deletionsOf(store, step));
      },
    });
    const change = record === undefined ? undefined : history.changes.get(record.seq);
    if (change !== undefined) {
      changes.push(change.seq);
      tags += change.effects.filter(({ kind }) => kind === 'tag').length;
      manifests += change.effects.filter(({ kind }) => kind === 'manifest').length;
    }
    await store.ledger.decide(ACTOR, { dependsOn: () => false, decide: () => planDrops(store, steps) });
  }
  return { changes, tags, manifests, bytes: Math.max(0, before - content.totalSize) };
}

function isStillDue(store: Store, { kind, repository: name, digest, since, manifests }: BudgetStep): boolean {
  const { leases, ledger } = store;
  if (leases.find(digest) !== 'free' || leases.isTold(name, digest)) return false;
  const { catalog } = ledger;
  const trash = catalog.trash.of(name);
  const repository = catalog.findRepository(name);
  const live = repository?.manifests.get(digest);
  switch (kind) {
    case 'deleted':
      return (trash.manifests.get(digest) ?? trash.blobs.get(digest))?.deletedAt === since;
    case 'unused':
      return repository?.unusedSince.get(digest) === since;
    case 'untagged':
      return live?.untaggedAt === since;
    default: {
      if (repository === undefined || live === undefined || lastUse(store, repository, live) !== since)
        return false;
      const isFree = [...manifests.keys()].every((each) => leases.find(each.digest) === 'free');
      return isFree && ![...repository.tagsOf(digest)].some((tag) => isProtected(store, repository, tag));
    }
  }
}

function deletionsOf(store: Store, { repository: name, manifests }: BudgetStep): Operation[] {
  const repository = store.ledger.catalog.findRepository(name);
  if (repository === undefined || manifests.size === 0) return [];
  const live = [...manifests.keys()].filter(({ digest }) => repository.manifests.has(digest));
  const isKept = (tag: string): boolean => isProtected(store, repository, tag);
  return deletionOf(repository, live, manifests, isKept).operations;
}

/** What the steps have put into the trash or found there, and the links that it leaves behind. */
function planDrops({ ledger, leases }: Store, steps: readonly BudgetStep[]): Operation[] {
  const { catalog } = ledger;
  const now = Date.now();
  const drops = new Map<string, { before: number; trash: Set<Digest>; blobs: Set<Digest> }>();
  for (const { kind, repository: name, digest, manifests } of steps) {
    const drop = drops.get(name) ?? { before: now, trash: new Set(), blobs: new Set() };
    drops.set(name, drop);
    const trash = catalog.trash.of(name);
    if (kind === 'unused' || trash.blobs.has(digest)) drop.blobs.add(digest);
    const repository = catalog.findRepository(name);
    for (const each of kind === 'deleted' ? [digest] : [...manifests.keys()].map((one) => one.digest)) {
      const trashed = trash.manifests.get(each);
      if (trashed === undefined) continue;
      drop.trash.add(each);
      // Somebody may set the clock back just now.
      drop.before = Math.max(drop.before, trashed.deletedAt);
      for (const blob of blobsOf(trashed.manifest)) {
        const unused = repository?.unusedSince.get(blob.digest);
        const isFree = unused !== undefined && unused <= now - GRACE_MS && !leases.isTold(name, blob.digest);
        if (isFree) drop.blobs.add(blob.digest);
      }
    }
  }
  return Array.from(drops, ([repository, { before, trash, blobs }]) => ({
    op: 'drop',
    repository,
    before,
    trash: [...trash],
    manifests: [],
    attached: [],
    blobs: [...blobs],
  }));
}
