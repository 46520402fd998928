import { randomBytes } from 'node:crypto';
import { open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { findStat, syncFolder, writeAll } from '../disk/files.ts';

const BYTES = 1 << 20;

/** Given up in steps: another program that fills the disk takes what is free before we have used it. */
const STEP_BYTES = 64 << 10;

const LOOK_MS = 5000;

type OnProblem = (problem: string, error: unknown) => void;

/**
 * Room that is taken in good times, so that what makes room can still be recorded when the disk is filled to
 * its last byte. A file that holds nothing of worth; its bytes are random, since some file systems would
 * store others in no room at all.
 */
export class Ballast {
  readonly #folder: string;
  readonly #path: string;
  readonly #onProblem: OnProblem;
  #size: number;
  #timer: NodeJS.Timeout | undefined;
  #restoring: Promise<void> = Promise.resolve();

  private constructor(folder: string, size: number, onProblem: OnProblem = () => undefined) {
    this.#folder = folder;
    this.#path = join(folder, 'ballast');
    this.#size = size;
    this.#onProblem = onProblem;
  }

  /** Changes nothing yet. */
  static async open(folder: string, onProblem?: OnProblem): Promise<Ballast> {
    const { size = 0 } = (await findStat(join(folder, 'ballast'))) ?? {};
    return new Ballast(folder, size, onProblem);
  }

  /** Bytes of the disk that it holds. */
  get size(): number {
    return this.#size;
  }

  /**
   * Gives up a part.
   *
   * @returns whether there was one
   */
  async release(): Promise<boolean> {
    await this.#restoring;
    if (this.#size === 0) return false;
    try {
      await this.#resize(Math.max(0, this.#size - STEP_BYTES));
      return true;
    } catch (error) {
      this.#onProblem('could not give up the ballast of the journal', error);
      return false;
    } finally {
      this.#lookLater();
    }
  }

  /** Lays it down, and from now on again when it was given up and there is room. Resolves after the first attempt. */
  async keepUp(): Promise<void> {
    this.#restoring = this.#restore();
    await this.#restoring;
    if (this.#size < BYTES) this.#lookLater();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#restoring;
    clearTimeout(this.#timer);
  }

  #lookLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.keepUp();
    }, LOOK_MS).unref();
  }

  async #restore(): Promise<void> {
    try {
      // It is nobody's but ours, but somebody who looks for room may have removed it.
      this.#size = (await findStat(this.#path))?.size ?? 0;
      const missing = BYTES - this.#size;
      if (missing <= 0) return;
      const { bavail, bsize } = await statfs(this.#folder);
      // What there is belongs to others first.
      if (bavail * bsize < missing + BYTES) return;
      await this.#grow(missing);
    } catch (error) {
      this.#onProblem('could not lay down the ballast of the journal', error);
    }
  }

  async #grow(bytes: number): Promise<void> {
    const file = await open(this.#path, this.#size === 0 ? 'w' : 'r+');
    try {
      await writeAll(file, [randomBytes(bytes)], this.#size);
      await file.datasync();
      await syncFolder(this.#folder);
      this.#size += bytes;
    } catch (error) {
      await file.truncate(this.#size);
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Synced, because some file systems hand out freed blocks only then. */
  async #resize(size: number): Promise<void> {
    const file = await open(this.#path, 'r+');
    try {
      await file.truncate(size);
      this.#size = size;
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
