import { statfs } from 'node:fs/promises';
import type { OpenUploads, UploadUse } from '../blobs/upload-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Operation } from '../catalog/operation.ts';
import type { Repository } from '../catalog/repository.ts';
import { findSubjectOf } from '../images/attachments.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { findKinds, findOrphans, type ContentKind } from './content-on-disk.ts';
import { freedBy, planDrops, type ReclaimRules, type Reason, type RepositoryPlan } from './reclaim-plan.ts';

/** What a reclaim would do, computed without touching anything. */
export interface ReclaimPlan {
  readonly rules: ReclaimRules;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly repositories: readonly RepositoryPlan[];
  readonly content: readonly {
    readonly digest: Digest;
    readonly kind: ContentKind;
    readonly bytes: number;
  }[];
  /** Abandoned ones go, those that may go on stay. */
  readonly uploads: { readonly expired: UploadUse; readonly open: OpenUploads };
  /** What this would free on the disk, in bytes. */
  readonly bytes: number;
  /** What stays although nothing leads to it, and what of it emptying the trash would free. */
  readonly stays: readonly Stays[];
  /** Bytes that only what can still be restored keeps on the disk. */
  readonly trashBytes: number;
  /** What they are. */
  readonly trash: readonly Digest[];
  /** Sentences about what cannot be read, and what that keeps from being reclaimed. */
  readonly problems: readonly string[];
}

/** What a reclaim did: measured on the file system, not computed. */
export interface ReclaimReport {
  /** Files that were removed, by what they were. */
  readonly deletedLayers: number;
  readonly deletedConfigs: number;
  readonly deletedManifests: number;
  readonly deletedBlobs: number;
  /** What these files and the expired uploads took of the disk. */
  readonly reclaimedBytes: number;
  /** Bytes that the file system has free, before and after. */
  readonly freeBefore: number;
  readonly freeAfter: number;
  readonly stays: ReclaimPlan['stays'];
  readonly trashBytes: number;
  /** Uploads that had expired. */
  readonly expiredUploads: number;
  /** Those that may go on. */
  readonly uploads: OpenUploads;
  readonly problems: readonly string[];
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** So many items share a record of the journal: a record is applied in one go. */
const ITEMS_OF_A_RECORD = 100;

/** So many files go at once: pulls need the same disk. */
const FILES_AT_ONCE = 4;

/** How long to wait for clients that have finished and are still connected. */
export const SETTLE_MS = 15_000;
export const SETTLE_LOOK_MS = 250;

const ACTOR = { client: 'berth reclaim' };

/** What stays for one reason. */
export interface Stays {
  readonly reason: Reason;
  /** Manifests and links. */
  readonly count: number;
  /** What nothing but these keeps. */
  readonly bytes: number;
  /** How many files that is, by what they are. */
  readonly files: Readonly<Record<ContentKind, number>>;
}

/** What would go now, and why; what stays, and why. */
export async function planReclaim(
  store: Store,
  rules: ReclaimRules,
  now: number = Date.now(),
): Promise<ReclaimPlan> {
  const { catalog } = store.ledger;
  const repositories = await planDrops(store, rules, now);
  const freed = await freedBy(catalog, repositories);
  const { emptyTrash } = rules;
  const all = emptyTrash ? repositories : await planDrops(store, { ...rules, emptyTrash: true }, now);
  const freedByAll = emptyTrash ? freed : await freedBy(catalog, all);
  const { orphans, problems } = await findOrphans(store);
  const kinds = await findKinds(catalog, repositories);
  const content = await measure(store, [...freed, ...orphans], kinds);
  const uploads = await store.uploads.findUse(now);
  const bytes = content.reduce((sum, each) => sum + each.bytes, uploads.expired.bytes);
  const trash = await without(freedByAll, freed);
  return {
    rules,
    time: now,
    repositories,
    content,
    uploads,
    bytes,
    stays: await measureStays(store, rules, now, repositories, freed),
    trashBytes: await sizeOfAll(catalog, trash),
    trash,
    problems,
  };
}

/**
 * Carries a plan out, checking each item again: what a push has taken into use since stays.
 *
 * @param signal stops between two items; what was done until then is whole
 * @param patience milliseconds to wait for clients that have finished and are still connected
 */
export async function reclaim(
  store: Store,
  plan: ReclaimPlan,
  onProgress: (progress: Progress) => void = () => undefined,
  signal?: AbortSignal,
  patience = SETTLE_MS,
): Promise<ReclaimReport> {
  const freeBefore = await freeBytes(store);
  const expired = await store.uploads.removeExpired();
  for (const { repository, drops } of plan.repositories) {
    for (let start = 0; start < drops.length; start += ITEMS_OF_A_RECORD) {
      signal?.throwIfAborted();
      const items = drops.slice(start, start + ITEMS_OF_A_RECORD);
      // The fold leaves alone what has come back; of what clients were told only the last moment knows.
      await store.ledger.decide(ACTOR, {
        dependsOn: () => false,
        decide: () => dropOperations(store, repository, items, plan.time),
      });
    }
  }
  await forgetHistory(store, plan);
  const removed = await removeContent(store, plan.content, onProgress, signal, patience);
  const count = (kind: ContentKind): number => removed.filter((each) => each.kind === kind).length;
  return {
    deletedLayers: count('layer'),
    deletedConfigs: count('config'),
    deletedManifests: count('manifest'),
    deletedBlobs: removed.length,
    reclaimedBytes: [...removed, ...expired].reduce((sum, { bytes }) => sum + bytes, 0),
    freeBefore,
    freeAfter: await freeBytes(store),
    stays: plan.stays,
    trashBytes: plan.trashBytes,
    expiredUploads: expired.length,
    uploads: plan.uploads.open,
    problems: plan.problems,
  };
}

/** Of tags that are gone for so long that nothing of them can be restored. */
async function forgetHistory({ ledger }: Store, { time, rules }: ReclaimPlan): Promise<void> {
  const before = time - rules.undoMs;
  const { catalog } = ledger;
  const [gone] = catalog.history.gone(before, (name, tag) => catalog.hasTag(name, tag));
  if (gone !== undefined) await ledger.commit(ACTOR, { op: 'history.trim', before });
}

type PlannedContent = ReclaimPlan['content'][number];

function dropOperations(
  { leases, ledger }: Store,
  repository: string,
  planned: RepositoryPlan['drops'],
  before: number,
): Operation[] {
  // What a client was told of since the plan was made stays; the rest of its group then stays by itself.
  const items = planned.filter(({ digest }) => !leases.isTold(repository, digest));
  if (items.length === 0) return [];
  const digests = (kind: string): Digest[] =>
    items.filter((each) => each.kind === kind).map((each) => each.digest);
  const manifests = digests('manifest');
  const live = ledger.catalog.findRepository(repository);
  const attached = live === undefined ? [] : manifests.flatMap((digest) => attachments(live, digest));
  const [trash, blobs] = [digests('trash'), digests('link')];
  return [{ op: 'drop', repository, before, trash, manifests, attached, blobs }];
}

/** Tags that attach the manifest to something. */
function attachments(repository: Repository, digest: Digest): (readonly [tag: string, subject: Digest])[] {
  return [...repository.tagsOf(digest)].flatMap((tag) => {
    const subject = findSubjectOf(repository, tag)?.digest;
    return subject === undefined ? [] : [[tag, subject] as const];
  });
}

async function removeContent(
  store: Store,
  content: readonly PlannedContent[],
  onProgress: (progress: Progress) => void,
  signal: AbortSignal | undefined,
  patience: number,
): Promise<PlannedContent[]> {
  const removed: PlannedContent[] = [];
  let waiting = [...content];
  const deadline = Date.now() + patience;
  for (;;) {
    const settling: PlannedContent[] = [];
    const remove = async (item: PlannedContent): Promise<void> => {
      // Decided and begun in one step: from then on every push finds it gone.
      if (store.ledger.catalog.content.isNeeded(item.digest)) return;
      const hold = store.leases.find(item.digest);
      if (hold === 'settling') settling.push(item);
      if (hold !== 'free') return;
      const bytes = await store.blobs.remove(item.digest);
      removed.push({ ...item, bytes });
      onProgress({ done: removed.length, total: content.length });
    };
    for (let start = 0; start < waiting.length; start += FILES_AT_ONCE) {
      signal?.throwIfAborted();
      await Promise.all(waiting.slice(start, start + FILES_AT_ONCE).map(remove));
    }
    if (settling.length === 0 || Date.now() > deadline) break;
    waiting = settling;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS));
  }
  if (removed.length > 0) await store.blobs.settleAll();
  return removed;
}

async function measure(
  store: Store,
  digests: readonly Digest[],
  kinds: ReadonlyMap<Digest, ContentKind>,
): Promise<PlannedContent[]> {
  const content: PlannedContent[] = [];
  const pace = new Pace();
  for (let start = 0; start < digests.length; start += FILES_AT_ONCE) {
    const some = digests.slice(start, start + FILES_AT_ONCE);
    const sizes = await Promise.all(some.map((digest) => store.blobs.findDiskUsage(digest)));
    for (const [index, digest] of some.entries()) {
      const bytes = sizes[index];
      if (bytes !== undefined) content.push({ digest, kind: kinds.get(digest) ?? 'blob', bytes });
    }
    await pace.rest();
  }
  return content;
}

/** @param freed what goes in any case */
async function measureStays(
  store: Store,
  rules: ReclaimRules,
  now: number,
  repositories: readonly RepositoryPlan[],
  freed: readonly Digest[],
): Promise<readonly Stays[]> {
  const { catalog } = store.ledger;
  const counts = new Map<Reason, number>();
  for (const { stays } of repositories) {
    for (const { reason } of stays) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const stays: Stays[] = [];
  for (const [reason, count] of counts) {
    const plans = await planDrops(store, { ...rules, giveUp: reason }, now);
    const kept = await without(await freedBy(catalog, plans), freed);
    const kinds = await findKinds(catalog, plans);
    const files: Record<ContentKind, number> = { manifest: 0, config: 0, layer: 0, blob: 0 };
    for (const digest of kept) files[kinds.get(digest) ?? 'blob'] += 1;
    const bytes = await sizeOfAll(catalog, kept);
    stays.push({ reason, count, bytes, files });
  }
  return stays;
}

/** Those of the first that are not among the others. In slices. */
async function without(digests: readonly Digest[], others: readonly Digest[]): Promise<readonly Digest[]> {
  if (digests === others || digests.length === 0) return [];
  const pace = new Pace();
  const taken = new Set<Digest>();
  for (const each of others) {
    await pace.rest();
    taken.add(each);
  }
  const left: Digest[] = [];
  for (const each of digests) {
    await pace.rest();
    if (!taken.has(each)) left.push(each);
  }
  return left;
}

/** Bytes, in slices. */
async function sizeOfAll({ content }: Catalog, digests: readonly Digest[]): Promise<number> {
  const pace = new Pace();
  let bytes = 0;
  for (const each of digests) {
    await pace.rest();
    bytes += content.sizeOf(each);
  }
  return bytes;
}

async function freeBytes(store: Store): Promise<number> {
  const { bavail, bsize } = await statfs(store.blobs.folder);
  return bavail * bsize;
}
