import { rename, rm, stat } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { findStat, makeFolder, syncFolder } from '../disk/files.ts';
import { RegistryError } from '../error.ts';
import {
  BASE_FILE,
  CHECKPOINT_FILE,
  readCheckpoint,
  readStart,
  type Checkpoint,
} from '../journal/checkpoint.ts';
import { segmentPath } from '../journal/segment.ts';
import { everyName, fingerprintOf, type Fingerprint } from './fingerprint.ts';
import { closedSegments, foldSegments } from './fold-segments.ts';
import { EMPTY_SNAPSHOT, restoreSnapshot, takeSnapshot, type Snapshot } from './snapshot.ts';

/** All that reads closed segments or changes them: one at a time, so that none goes while another reads it. */
export type CheckpointTask =
  | { readonly kind: 'checkpoint'; readonly segment: number }
  /** @see Ledger.compact */
  | { readonly kind: 'compact'; readonly before: number; readonly covered: number }
  /** @see Ledger.replay */
  | { readonly kind: 'replay'; readonly segment: number; readonly seq: number }
  /** @see Ledger.rebase */
  | { readonly kind: 'rebase'; readonly aside: string };

export interface CheckpointDone {
  readonly seq: number;
  readonly segment: number;
  /** Segments that the base now stands for, and that are gone. */
  readonly removed: number;
  readonly ms: number;
}

export interface Replayed {
  /** What is damaged: sentences without an end. If it is the journal itself, the rest is empty. */
  readonly problems: readonly string[];
  readonly repositories: ReadonlyMap<string, Fingerprint>;
}

const { folder, task } = workerData as { folder: string; task: CheckpointTask };
const started = performance.now();
parentPort?.postMessage(await run());

async function run(): Promise<CheckpointDone | Replayed> {
  if (task.kind === 'replay') return await replay(task);
  const done = await change(task);
  return { ...done, ms: Math.round(performance.now() - started) };
}

async function change(
  wanted: Exclude<CheckpointTask, { kind: 'replay' }>,
): Promise<Omit<CheckpointDone, 'ms'>> {
  if (wanted.kind === 'checkpoint') return await writeCheckpoint(wanted.segment);
  return wanted.kind === 'compact' ? await compact(wanted) : await rebase(wanted.aside);
}

/** Folds closed segments into the checkpoint. A damaged one is replaced by this very run. */
async function writeCheckpoint(segment: number): Promise<Omit<CheckpointDone, 'ms'>> {
  const start = await readStart<Snapshot>(folder, EMPTY_SNAPSHOT, () => undefined);
  const checkpoint = await readCheckpoint(folder, CHECKPOINT_FILE, EMPTY_SNAPSHOT, () => undefined);
  checkpoint.data = await foldOn(start, segment);
  await checkpoint.write();
  return { seq: checkpoint.data.seq, segment, removed: 0 };
}

/** The base is on the disk before the first segment goes: a crash leaves segments that nobody needs, at worst. */
async function compact(limits: { before: number; covered: number }): Promise<Omit<CheckpointDone, 'ms'>> {
  const numbers = await closedSegments(folder, limits.covered);
  const { seq, segment } = await writeBase(numbers, limits.before);
  const obsolete = numbers.filter((number) => number <= segment);
  // In ascending order, so that what is left of the journal is in one piece at every moment.
  for (const number of obsolete) await rm(segmentPath(folder, number), { force: true });
  if (obsolete.length > 0) await syncFolder(folder);
  return { seq, segment, removed: obsolete.length };
}

async function writeBase(numbers: readonly number[], before: number): Promise<Checkpoint<Snapshot>> {
  let isDamaged = false;
  const base = await readCheckpoint(folder, BASE_FILE, EMPTY_SNAPSHOT, () => (isDamaged = true));
  if (isDamaged) {
    // The segments that it stood for are gone, but the checkpoint has all that was in them.
    base.data = (await readCheckpoint(folder, CHECKPOINT_FILE, EMPTY_SNAPSHOT)).data;
    await base.write();
    return base.data;
  }
  let last = base.data.segment;
  for (const number of numbers) {
    if (number !== last + 1) continue;
    // A closed segment was last written to when its last record came.
    if ((await stat(segmentPath(folder, number))).mtimeMs >= before) break;
    last = number;
  }
  if (last === base.data.segment) return base.data;
  base.data = await foldOn(base.data, last);
  await base.write();
  return base.data;
}

/**
 * Makes the checkpoint the base, so that nothing before it is needed any more, and sets the segments that it
 * covers aside.
 */
async function rebase(aside: string): Promise<Omit<CheckpointDone, 'ms'>> {
  const { data } = await readCheckpoint(folder, CHECKPOINT_FILE, EMPTY_SNAPSHOT);
  if (data.segment === 0) throw new Error('There is no checkpoint yet that could take its place.');
  const base = await readCheckpoint(folder, BASE_FILE, EMPTY_SNAPSHOT, () => undefined);
  base.data = data;
  await base.write();
  await makeFolder(aside);
  const covered = await closedSegments(folder, data.segment);
  for (const number of covered) await rename(segmentPath(folder, number), segmentPath(aside, number));
  await syncFolder(aside);
  await syncFolder(folder);
  return { seq: data.seq, segment: data.segment, removed: covered.length };
}

/** Reads the base and all segments behind it as if there were no checkpoint. */
async function replay({ segment, seq }: { segment: number; seq: number }): Promise<Replayed> {
  const problems: string[] = [];
  const note = (error: Error): void => void problems.push(error.message.replace(/\.$/, ''));
  await readCheckpoint(folder, CHECKPOINT_FILE, EMPTY_SNAPSHOT, note);
  const { data: base } = await readCheckpoint(folder, BASE_FILE, EMPTY_SNAPSHOT, note);
  const repositories = new Map<string, Fingerprint>();
  try {
    const catalog = restoreSnapshot(base.state);
    const last = await foldSegments(catalog, folder, base, segment, seq);
    if (last < seq) problems.push(`the journal ends with record ${last} instead of ${seq}`);
    for (const name of everyName(catalog)) repositories.set(name, await fingerprintOf(catalog, name));
    return { problems, repositories };
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'JOURNAL_DAMAGED') throw error;
    const { path, byte } = error.detail as { path: string; byte: number };
    const isHere = (await findStat(path)) !== undefined;
    const problem = `${path} is ${isHere ? `damaged from byte ${byte} on` : 'missing'}`;
    return { problems: [...problems, problem], repositories: new Map() };
  }
}

async function foldOn(start: Checkpoint<Snapshot>, segment: number): Promise<Checkpoint<Snapshot>> {
  const catalog = restoreSnapshot(start.state);
  const seq = await foldSegments(catalog, folder, start, segment);
  return { seq, segment, state: takeSnapshot(catalog) };
}
