import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Low, type Adapter } from 'lowdb';
import { replaceFile } from '../disk/files.ts';
import { RegistryError, systemCode } from '../error.ts';
import { checksum } from './record.ts';

/** What the records up to `seq` amount to, so that a start need not read them again. */
export interface Checkpoint<State> {
  /** The last record that is in `state`; 0 if none is. */
  readonly seq: number;
  /** The last segment that is in `state`: a start goes on with the next. */
  readonly segment: number;
  readonly state: State;
}

/** The newest one, made again from what it covers if it is lost. */
export const CHECKPOINT_FILE = 'checkpoint.json';

/** What stands for segments that were removed: behind it nothing of the journal is missing. */
export const BASE_FILE = 'base.json';

const FORMAT = 1;
const START = /^\{"format":(\d{1,9}),"checksum":"([0-9a-f]{8})","checkpoint":/;
const START_BYTES = 100;
const END = '}\n';

/**
 * One JSON object whose checksum covers the text of its last member. Both are checked at fixed places in
 * the bytes, because a second serialisation would cost as much as the first.
 */
class CheckpointFile<State> implements Adapter<Checkpoint<State>> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Checkpoint<State> | null> {
    try {
      return parseCheckpoint<State>(this.#path, await readFile(this.#path));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async write(checkpoint: Checkpoint<State>): Promise<void> {
    const body = JSON.stringify(checkpoint);
    const start = `{"format":${FORMAT},"checksum":"${checksum(body)}","checkpoint":`;
    await replaceFile(this.#path, [start, body, END]);
  }
}

/** @throws DamagedCheckpoint, RegistryError DATA_FOLDER_UNUSABLE for one of a later format */
export function parseCheckpoint<State>(path: string, bytes: Buffer): Checkpoint<State> {
  const [start = '', format, sum] = START.exec(bytes.toString('latin1', 0, START_BYTES)) ?? [];
  const body = bytes.subarray(start.length, -END.length);
  const isWhole = bytes.subarray(-END.length).toString('latin1') === END;
  if (start === '' || !isWhole || checksum(body) !== sum) throw new DamagedCheckpoint(path);
  if (Number(format) > FORMAT) {
    throw new RegistryError(
      'DATA_FOLDER_UNUSABLE',
      `${path} was written by a newer version of Berth. Install that version, or choose another folder with --data.`,
    );
  }
  return JSON.parse(body.toString()) as Checkpoint<State>;
}

export class DamagedCheckpoint extends Error {
  override readonly name = 'DamagedCheckpoint';

  constructor(path: string) {
    super(`${path} is damaged.`);
  }
}

/**
 * Reads a checkpoint of the journal's folder, or an empty one where there is none.
 *
 * @param onDamaged told of a damaged one, which then counts as empty; without it that is thrown
 */
export async function readCheckpoint<State>(
  folder: string,
  name: typeof CHECKPOINT_FILE | typeof BASE_FILE,
  empty: State,
  onDamaged?: (error: DamagedCheckpoint) => void,
): Promise<Low<Checkpoint<State>>> {
  const file = new CheckpointFile<State>(join(folder, name));
  const checkpoint = new Low<Checkpoint<State>>(file, { seq: 0, segment: 0, state: empty });
  try {
    await checkpoint.read();
  } catch (error) {
    if (!(error instanceof DamagedCheckpoint) || onDamaged === undefined) throw error;
    onDamaged(error);
  }
  return checkpoint;
}

/** Where a replay begins: behind the checkpoint, or behind the base if the checkpoint is lost or damaged. */
export async function readStart<State>(
  folder: string,
  empty: State,
  onDamaged: (error: DamagedCheckpoint) => void,
): Promise<Checkpoint<State>> {
  const { data: checkpoint } = await readCheckpoint(folder, CHECKPOINT_FILE, empty, onDamaged);
  if (checkpoint.segment > 0) return checkpoint;
  return (await readCheckpoint(folder, BASE_FILE, empty, onDamaged)).data;
}

export async function writeCheckpoint<State>(
  folder: string,
  name: typeof CHECKPOINT_FILE | typeof BASE_FILE,
  checkpoint: Checkpoint<State>,
): Promise<void> {
  await new CheckpointFile<State>(join(folder, name)).write(checkpoint);
}
