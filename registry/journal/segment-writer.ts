import type { Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { goneFault } from '../disk/faults.ts';
import { isInPlace, syncFolder, writeAll } from '../disk/files.ts';
import { systemCode } from '../error.ts';
import { segmentPath, SEGMENT_HEADER } from './segment.ts';

type OnProblem = (problem: string, error: unknown) => void;

/**
 * The segment that is being written. Its file is open only while there is something to write: a disk that
 * comes back is found again, and one at rest can be unmounted or made read-only.
 */
export class SegmentWriter {
  readonly number: number;
  readonly #path: string;
  readonly #identity: Stats;
  readonly #onProblem: OnProblem;
  /** End of the last whole record: where the next one goes. */
  #position: number;
  #file: FileHandle | undefined;
  /** A write failed: bytes that nobody was told of may stand behind `#position`. */
  #dirty = false;

  private constructor(
    place: { number: number; path: string },
    identity: Stats,
    position: number,
    onProblem: OnProblem = () => undefined,
  ) {
    this.number = place.number;
    this.#path = place.path;
    this.#identity = identity;
    this.#position = position;
    this.#onProblem = onProblem;
  }

  /** Goes on with a segment that has whole records up to `position`. */
  static async open(folder: string, number: number, position: number, onProblem?: OnProblem) {
    const path = segmentPath(folder, number);
    const file = await open(path, 'r+');
    try {
      return new SegmentWriter({ number, path }, await file.stat(), position, onProblem);
    } finally {
      await file.close();
    }
  }

  /** Begins a segment, which may be there already without its first line. When that fails, so it is again. */
  static async create(folder: string, number: number, onProblem?: OnProblem) {
    const path = segmentPath(folder, number);
    const file = await open(path, 'w');
    try {
      const position = await writeAll(file, [Buffer.from(SEGMENT_HEADER)], 0);
      await file.datasync();
      await syncFolder(folder);
      return new SegmentWriter({ number, path }, await file.stat(), position, onProblem);
    } finally {
      await file.close();
    }
  }

  get position(): number {
    return this.#position;
  }

  /**
   * Resolves when the bytes are durable.
   *
   * @throws the file system's error; the segment then ends where it ended before
   */
  async append(bytes: Buffer): Promise<void> {
    const file = await this.#openInPlace();
    try {
      if (this.#dirty) await file.truncate(this.#position);
      this.#dirty = true;
      await writeAll(file, [bytes], this.#position);
      await file.datasync();
      this.#dirty = false;
      this.#position += bytes.length;
    } catch (error) {
      await this.#cutOff(file);
      await this.rest();
      throw error;
    }
  }

  /** To be called when there is nothing to write for the moment. */
  async rest(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.close();
    } catch (error) {
      // What counts was synced before.
      this.#onProblem('could not close the journal', error);
    }
  }

  /** A file that was removed takes what is written to it, but nobody finds it again. */
  async #openInPlace(): Promise<FileHandle> {
    if (this.#file !== undefined) {
      if (await isInPlace(this.#file, this.#path)) return this.#file;
      await this.rest();
      throw goneFault(this.#path);
    }
    const file = await this.#open();
    try {
      const { ino, dev, size } = await file.stat();
      const isSame = ino === this.#identity.ino && dev === this.#identity.dev;
      // The number of a file that was removed may have been given to another.
      const isWhole = this.#dirty ? size >= this.#position : size === this.#position;
      if (!isSame || !isWhole) throw goneFault(this.#path);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#file = file;
    return file;
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#path, 'r+');
    } catch (error) {
      const code = systemCode(error);
      throw code === 'ENOENT' || code === 'ENOTDIR' ? goneFault(this.#path) : error;
    }
  }

  /** Removes what a failed write may have left behind the last record. */
  async #cutOff(file: FileHandle): Promise<void> {
    try {
      await file.truncate(this.#position);
    } catch (error) {
      this.#onProblem('could not cut a failed write off the journal', error);
    }
  }
}
