import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Low, type Adapter } from 'lowdb';
import { replaceFile } from '../disk/files.ts';
import { systemCode } from '../error.ts';
import { checksum } from './record.ts';

/** What the records up to `seq` amount to, so that a start need not read them again. */
export interface Checkpoint<State> {
  /** The last record that is in `state`; 0 if none is. */
  readonly seq: number;
  /** The last segment that is in `state`: a start goes on with the next. */
  readonly segment: number;
  readonly state: State;
}

const PREFIX = '{"format":1,"checksum":"';
const BODY = '","checkpoint":';

/**
 * One JSON object whose checksum covers the text of its last member. Both are checked at fixed places in
 * the text, because a second serialisation would cost as much as the first.
 */
class CheckpointFile<State> implements Adapter<Checkpoint<State>> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Checkpoint<State> | null> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw error;
    }
    const bodyAt = PREFIX.length + 8 + BODY.length;
    const body = text.slice(bodyAt, -2);
    const sum = text.slice(PREFIX.length, PREFIX.length + 8);
    if (!text.startsWith(PREFIX) || !text.endsWith('}\n') || checksum(body) !== sum) {
      throw new DamagedCheckpoint(this.#path);
    }
    return JSON.parse(body) as Checkpoint<State>;
  }

  async write(checkpoint: Checkpoint<State>): Promise<void> {
    const body = JSON.stringify(checkpoint);
    await replaceFile(this.#path, [PREFIX, checksum(body), BODY, body, '}\n']);
  }
}

class DamagedCheckpoint extends Error {
  override readonly name = 'DamagedCheckpoint';

  constructor(path: string) {
    super(`The checkpoint ${path} is damaged.`);
  }
}

/**
 * Reads the folder's checkpoint, or an empty one where there is none. A damaged one is reported and read
 * as empty: it only saved time, and the whole journal is replayed instead.
 */
export async function readCheckpoint<State>(
  folder: string,
  empty: State,
  onDamaged: (error: Error) => void,
): Promise<Low<Checkpoint<State>>> {
  const file = new CheckpointFile<State>(join(folder, 'checkpoint.json'));
  const checkpoint = new Low<Checkpoint<State>>(file, { seq: 0, segment: 0, state: empty });
  try {
    await checkpoint.read();
  } catch (error) {
    if (!(error instanceof DamagedCheckpoint)) throw error;
    onDamaged(error);
  }
  return checkpoint;
}
