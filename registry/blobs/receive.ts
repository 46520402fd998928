import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { writeAll } from '../disk/files.ts';
import type { Space } from '../disk/space.ts';
import type { Claim, WhileWaiting } from './budget.ts';
import { release } from './release.ts';

/** So much waiting for the disk, and the sender waits too, until the rest is below the second mark. */
const PAUSE_BYTES = 8 << 20;
const RESUME_BYTES = 4 << 20;

/** The disk begins with what has come while the rest is still on its way, so that the end waits little. */
const SYNC_BYTES = 32 << 20;

/** Where the bytes of a blob come from: a request, or an archive. */
export interface ByteSource {
  /** Bytes that are to come, if that is known. */
  readonly length?: number | undefined;
  /** Told of the time in which there is no room for what comes. */
  readonly waiting?: WhileWaiting | undefined;
  /** Hands over chunk after chunk, for the receiver to keep, and resolves at the end; rejects with the reason of `stop`. */
  consume(onChunk: (chunk: Buffer) => void, stop: AbortSignal): Promise<void>;
  pause(): void;
  resume(): void;
}

/**
 * Writes what comes to a file and hashes it on the way. What arrives while a write is running goes out
 * with the next one.
 *
 * @param at the byte of the file to begin at
 * @param stop ends it early, with its reason
 * @param space is asked before each write
 * @param claim grows before each write
 * @param onWritten told of bytes that are in the file, even if the source fails later
 * @throws the source's error or the file's; the bytes reported before that are in the file
 */
export async function receive(
  source: ByteSource,
  file: FileHandle,
  { at, hash, stop, space, claim }: { at: number; hash: Hash; stop: AbortSignal; space: Space; claim: Claim },
  onWritten: (bytes: number) => void,
): Promise<void> {
  const failed = new AbortController();
  const takeRoom = async (end: number, bytes: number): Promise<void> => {
    await claim.grow(end, { isOpenEnded: source.length === undefined, stop, waiting: source.waiting });
    await space.take(bytes);
  };
  const writer = new Writer(file, at, takeRoom, onWritten, () => source.resume());
  const onChunk = (chunk: Buffer): void => {
    hash.update(chunk);
    if (writer.add(chunk)) source.pause();
    writer.run().catch((error: unknown) => failed.abort(error));
  };
  try {
    await source.consume(onChunk, AbortSignal.any([failed.signal, stop]));
    await writer.run();
  } finally {
    await writer.settle();
  }
}

/** Bytes on their way from memory to a file, in order. */
class Writer {
  readonly #file: FileHandle;
  readonly #takeRoom: (end: number, bytes: number) => Promise<void>;
  readonly #onWritten: (bytes: number) => void;
  readonly #onRoom: () => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #end: number;
  #unsynced = 0;
  #running: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #failure: SyncFailed | undefined;

  constructor(
    file: FileHandle,
    position: number,
    takeRoom: (end: number, bytes: number) => Promise<void>,
    onWritten: (bytes: number) => void,
    onRoom: () => void,
  ) {
    this.#file = file;
    this.#end = position;
    this.#takeRoom = takeRoom;
    this.#onWritten = onWritten;
    this.#onRoom = onRoom;
  }

  /** Returns whether so much is waiting that no more should come. */
  add(chunk: Buffer): boolean {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    return this.#waitingBytes >= PAUSE_BYTES;
  }

  /** Resolves when nothing is waiting any more. */
  run(): Promise<void> {
    if (this.#running === undefined && this.#waiting.length > 0) this.#running = this.#write();
    return this.#running ?? Promise.resolve();
  }

  /**
   * Resolves when the file is not touched any more.
   *
   * @throws SyncFailed
   */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#running, this.#syncing]);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      const bytes = this.#waitingBytes;
      this.#waiting = [];
      this.#waitingBytes = 0;
      await this.#takeRoom(this.#end + bytes, bytes);
      await writeAll(this.#file, batch, this.#end);
      this.#end += bytes;
      batch.forEach(release);
      this.#onWritten(bytes);
      if (this.#waitingBytes < RESUME_BYTES) this.#onRoom();
      this.#syncAhead(bytes);
    }
    this.#running = undefined;
  }

  /** Linux reports a failed write-back once: the sync at the end would not meet it again. */
  #syncAhead(bytes: number): void {
    this.#unsynced += bytes;
    if (this.#unsynced < SYNC_BYTES || this.#syncing !== undefined) return;
    this.#unsynced = 0;
    this.#syncing = this.#file
      .datasync()
      .catch((error: unknown) => {
        this.#failure ??= new SyncFailed(error);
      })
      .finally(() => {
        this.#syncing = undefined;
      });
  }
}

/** Bytes that were written may be lost, although the file system said that it has them. */
export class SyncFailed extends Error {
  override readonly name = 'SyncFailed';

  constructor(cause: unknown) {
    super('The disk failed to keep what was written.', { cause });
  }
}
