import type { BlobStore } from '../blobs/blob-store.ts';
import { Catalog } from '../catalog/catalog.ts';
import type { Operation } from '../catalog/operation.ts';
import { restoreSnapshot } from '../catalog/snapshot.ts';
import { splitReference } from './layout-list.ts';
import { Placement, type Placed } from './placement.ts';
import { Recoverer, type Unreadable } from './recoverer.ts';
import type { Entry } from './salvage.ts';
import type { Sources } from './sources.ts';

/** Records that are lost, by their numbers. */
export interface LostRecords {
  readonly from: number;
  /** Undefined if nothing tells how many there were at the end. */
  readonly to: number | undefined;
  /** Between these times, in milliseconds since 1970; undefined if there is no record on that side. */
  readonly after: number | undefined;
  readonly before: number | undefined;
}

export interface Rebuilt {
  readonly catalog: Catalog;
  /** The last record's number, of those that were and of those that the repair made. */
  readonly seq: number;
  readonly lost: readonly LostRecords[];
  /** Records that were read and applied. */
  readonly applied: number;
  /** Manifests whose records were made anew. */
  readonly recovered: number;
  readonly unreadable: readonly Unreadable[];
  /** Tags that were set by what index.json lists: `repository:tag`. */
  readonly listed: readonly string[];
  /** Tags that may be older than they were, or may have been deleted: `repository:tag`. */
  readonly doubtful: readonly string[];
  /** Manifests that no record and no tag explains, and where they are now. */
  readonly placed: readonly Placed[];
}

/** Who the records of a repair are by. */
const ACTOR = { client: 'berth repair' };

/**
 * Rebuilds the catalog in order of proof: a checkpoint, whole records, index.json for what records are lost,
 * the manifests themselves. Touches nothing but damaged manifests, which are quarantined.
 *
 * @param now milliseconds since 1970
 */
export async function rebuild(sources: Sources, blobs: BlobStore, now: number): Promise<Rebuilt> {
  const { start, records, layout, layoutSeq } = sources;
  const catalog = start.seq > 0 ? restoreSnapshot(start.state) : new Catalog();
  const recoverer = new Recoverer(catalog, blobs, layout);
  const lost = findLost(sources);

  for (const record of records) {
    const isAfterLoss = lost.some(({ from }) => from < record.seq);
    const missing = isAfterLoss ? await putMissing(recoverer, catalog, record) : [];
    catalog.apply(missing.length === 0 ? record : { ...record, ops: [...missing, ...record.ops] });
  }

  let seq = Math.max(start.seq, records.at(-1)?.seq ?? 0, layoutSeq);
  const apply = (time: number, ops: Operation[]): void => {
    if (ops.length === 0) return;
    seq += 1;
    catalog.apply({ seq, batch: seq, time, actor: ACTOR, ops });
  };
  const nothing = { listed: [], doubtful: [], placed: [] };
  const found =
    lost.length === 0
      ? nothing
      : {
          ...(await followLayout(sources, lost, catalog, recoverer, apply, now)),
          placed: await new Placement(catalog, blobs, recoverer, apply).placeAll(),
        };
  const { recovered, unreadable } = recoverer;
  return { catalog, seq, lost, applied: records.length, recovered, unreadable, ...found };
}

/** Gaps in the numbers of the records, and what is missing at the end. */
function findLost(sources: Sources): LostRecords[] {
  const { start, records, layoutSeq } = sources;
  const lost: LostRecords[] = [];
  let last = start.seq;
  let time: number | undefined;
  for (const record of records) {
    if (record.seq > last + 1) {
      lost.push({ from: last + 1, to: record.seq - 1, after: time, before: record.time });
    }
    last = record.seq;
    time = record.time;
  }
  if (layoutSeq > last) lost.push({ from: last + 1, to: layoutSeq, after: time, before: undefined });
  else if (hasLostItsEnd(sources)) {
    lost.push({ from: last + 1, to: undefined, after: time, before: undefined });
  }
  return lost;
}

/**
 * One broken line at the very end was being written when Berth stopped, and nobody was told of it. More than
 * that, or no segment to go on with, means that the end is lost.
 */
function hasLostItsEnd({ start, segments, damage, records, endsIn }: Sources): boolean {
  const last = records.at(-1)?.seq;
  const atTheEnd = damage.filter(({ path, after }) =>
    after === undefined ? path > endsIn : after === last || path > endsIn,
  );
  return atTheEnd.length > 1 || segments.every((number) => number <= start.segment);
}

/** Tags can only be put where the manifest is: its own record may be among those that are lost. */
async function putMissing(recoverer: Recoverer, catalog: Catalog, { ops }: Entry): Promise<Operation[]> {
  const putHere = new Set(
    ops.flatMap((each) => (each.op === 'manifest.put' ? [`${each.repository}@${each.manifest.digest}`] : [])),
  );
  const missing: Operation[] = [];
  for (const operation of ops) {
    if (operation.op !== 'tag.put' && operation.op !== 'manifest.restore') continue;
    const { repository, digest } = operation;
    if (putHere.has(`${repository}@${digest}`)) continue;
    const isTrashed = catalog.trash.of(repository).manifests.has(digest);
    if (!(isTrashed && operation.op === 'manifest.restore')) {
      missing.push(...(await recoverer.put(repository, digest)));
    }
  }
  return missing;
}

/** index.json is a second behind the tags, but ahead of what was known before the loss. */
async function followLayout(
  { layout, layoutSeq, layoutTime }: Sources,
  lost: readonly LostRecords[],
  catalog: Catalog,
  recoverer: Recoverer,
  apply: (time: number, ops: Operation[]) => void,
  now: number,
): Promise<Pick<Rebuilt, 'listed' | 'doubtful'>> {
  const lostUntil = Math.max(...lost.map(({ to }) => to ?? Infinity));
  const listed: string[] = [];
  const known = new Set<string>();
  for (const { reference, digest } of layout) {
    const { repository, tag } = splitReference(reference);
    known.add(reference);
    if (catalog.findRepository(repository)?.tags.get(tag)?.digest === digest) continue;
    const last = catalog.history.timeline(repository, tag).at(-1);
    if (last !== undefined && last.seq > lostUntil) continue;
    const isOlder = layoutSeq > 0 ? (last?.seq ?? 0) > layoutSeq : (last?.time ?? 0) > layoutTime;
    if (isOlder) continue;
    apply(now, [...(await recoverer.put(repository, digest)), { op: 'tag.put', repository, tag, digest }]);
    listed.push(reference);
  }
  const doubtful: string[] = [];
  for (const { name, tags } of catalog.repositories.values()) {
    for (const tag of tags.keys()) {
      const last = catalog.history.timeline(name, tag).at(-1);
      if (!known.has(`${name}:${tag}`) && (last?.seq ?? 0) <= lostUntil) doubtful.push(`${name}:${tag}`);
    }
  }
  return { listed, doubtful };
}
