import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayoutEntry } from '../blobs/layout.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../catalog/snapshot.ts';
import { systemCode } from '../error.ts';
import {
  BASE_FILE,
  CHECKPOINT_FILE,
  DamagedCheckpoint,
  parseCheckpoint,
  type Checkpoint,
} from '../journal/checkpoint.ts';
import { listSegments, segmentPath } from '../journal/segment.ts';
import { correctBit } from './correct-bit.ts';
import { parseLayoutList } from './layout-list.ts';
import { salvageSegment, type DamagedRange, type Entry } from './salvage.ts';

export type Condition = 'good' | 'absent' | 'damaged' | 'corrected';

/** A checkpoint or a base; the empty state if it is absent or damaged. */
export interface State {
  readonly condition: Condition;
  readonly state: Checkpoint<Snapshot>;
}

/** Everything from which the metadata can be rebuilt, read and not judged. */
export interface Sources {
  /** What the rebuilding begins with: the checkpoint or the base, whichever is newer, or nothing. */
  readonly start: Checkpoint<Snapshot>;
  readonly checkpoint: State;
  readonly base: State;
  /** Segments that are there. */
  readonly segments: readonly number[];
  /** Whole records behind the start, in order, each once. */
  readonly records: readonly Entry[];
  readonly damage: readonly DamagedRange[];
  /** Path of the segment with the last of the records; empty if there is none. Paths sort as segments do. */
  readonly endsIn: string;
  /** Records with a flipped bit that was set right. */
  readonly corrected: number;
  /** What index.json lists. */
  readonly layout: readonly LayoutEntry[];
  /** The last record that index.json shows for certain. */
  readonly layoutSeq: number;
  /** When index.json was written, in milliseconds since 1970. */
  readonly layoutTime: number;
  /** The highest segment that was ever begun, as far as anything tells. */
  readonly lastSegment: number;
}

/** @throws RegistryError DATA_FOLDER_UNUSABLE if any of it is of a later format */
export async function readSources(dataFolder: string): Promise<Sources> {
  const folder = join(dataFolder, 'journal');
  const [checkpoint, base] = await Promise.all([
    readState(join(folder, CHECKPOINT_FILE)),
    readState(join(folder, BASE_FILE)),
  ]);
  const start = checkpoint.state.seq >= base.state.seq ? checkpoint.state : base.state;
  const segments = (await exists(folder)) ? await listSegments(folder) : [];

  const bySeq = new Map<number, Entry>();
  const damage: DamagedRange[] = [];
  let corrected = 0;
  let [last, endsIn] = [start.seq, ''];
  for (const number of segments) {
    const path = segmentPath(folder, number);
    const salvaged = await salvageSegment(path);
    damage.push(...salvaged.damage);
    corrected += salvaged.corrected;
    // Of two with the same number the one that was found first counts.
    for (const record of salvaged.records) {
      if (record.seq > start.seq && !bySeq.has(record.seq)) bySeq.set(record.seq, record);
      if (record.seq > last) [last, endsIn] = [record.seq, path];
    }
  }
  return {
    start,
    checkpoint,
    base,
    segments,
    records: [...bySeq.values()].sort((a, b) => a.seq - b.seq),
    damage,
    endsIn,
    corrected,
    ...(await readLayout(dataFolder)),
    lastSegment: Math.max(1, checkpoint.state.segment, base.state.segment, ...segments),
  };
}

const NO_STATE: Checkpoint<Snapshot> = { seq: 0, segment: 0, state: EMPTY_SNAPSHOT };

async function readState(path: string): Promise<State> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return { condition: 'absent', state: NO_STATE };
  const whole = tryParse(path, bytes);
  if (whole !== undefined) return { condition: 'good', state: whole };
  const corrected = correctState(bytes);
  const state = corrected === undefined ? undefined : tryParse(path, corrected);
  return state === undefined ? { condition: 'damaged', state: NO_STATE } : { condition: 'corrected', state };
}

function tryParse(path: string, bytes: Buffer): Checkpoint<Snapshot> | undefined {
  try {
    return parseCheckpoint<Snapshot>(path, bytes);
  } catch (error) {
    if (error instanceof DamagedCheckpoint || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** With one flipped bit set right, in the part that the checksum covers. */
function correctState(bytes: Buffer): Buffer | undefined {
  const [start = '', sum = ''] =
    /^\{"format":\d+,"checksum":"([0-9a-f]{8})","checkpoint":/.exec(bytes.toString('latin1', 0, 200)) ?? [];
  if (start === '') return undefined;
  const body = correctBit(bytes.subarray(start.length, -2), Number.parseInt(sum, 16));
  return body && Buffer.concat([bytes.subarray(0, start.length), body, bytes.subarray(-2)]);
}

async function readLayout(dataFolder: string): Promise<Pick<Sources, 'layout' | 'layoutSeq' | 'layoutTime'>> {
  const path = join(dataFolder, 'index.json');
  const bytes = await readIfThere(path);
  if (bytes === undefined) return { layout: [], layoutSeq: 0, layoutTime: 0 };
  const { mtimeMs } = await stat(path);
  return { ...parseLayoutList(bytes.toString()), layoutTime: mtimeMs };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function exists(folder: string): Promise<boolean> {
  try {
    await readdir(folder);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
