import { open, type FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';

/** Node's 64 KiB costs half as much again in processor time for each byte sent. */
const BLOCK_BYTES = 256 << 10;

/** One open blob. */
export interface BlobReader {
  /** Bytes. */
  readonly size: number;
  /**
   * Writes the bytes from `start` to `end`, both included, and resolves when they have left.
   *
   * @param out a socket or an HTTP response: its write callbacks must mean that the bytes have left
   * @param gone aborted when nobody reads any more: a response that waits behind others never says so itself
   * @throws the stream's error, or the reason of `gone`
   */
  send(out: Writable, start: number, end: number, gone: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export class MemoryReader implements BlobReader {
  readonly #content: Buffer;

  constructor(content: Buffer) {
    this.#content = content;
  }

  get size(): number {
    return this.#content.length;
  }

  async send(out: Writable, start: number, end: number): Promise<void> {
    out.write(this.#content.subarray(start, end + 1));
  }

  async close(): Promise<void> {}
}

/** Two blocks take turns, one being read while the other is sent: a blob of any size needs no more memory. */
export class FileReader implements BlobReader {
  readonly #file: FileHandle;
  readonly size: number;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  static async open(path: string): Promise<FileReader> {
    const file = await open(path, 'r');
    try {
      return new FileReader(file, (await file.stat()).size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** All of it, and closes the file. */
  async readAll(): Promise<Buffer> {
    try {
      return await this.#file.readFile();
    } finally {
      await this.#file.close();
    }
  }

  async send(out: Writable, start: number, end: number, gone: AbortSignal): Promise<void> {
    const length = Math.min(BLOCK_BYTES, end - start + 1);
    const blocks = [new Block(length), new Block(length)] as const;
    for (let position = start, turn = 0; position <= end; turn += 1) {
      const block = blocks[turn % 2 === 0 ? 0 : 1];
      position += await block.pass(this.#file, out, position, end, gone);
    }
    await Promise.all(blocks.map((block) => block.left));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

class Block {
  readonly #bytes: Buffer;
  /** Resolves when the bytes last written from this block have left it. */
  left: Promise<void> = Promise.resolve();

  constructor(length: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(0, length));
  }

  /** Reads at `position` and hands the bytes to `out`. Returns their number. */
  async pass(
    file: FileHandle,
    out: Writable,
    position: number,
    end: number,
    gone: AbortSignal,
  ): Promise<number> {
    await this.left;
    gone.throwIfAborted();
    const wanted = Math.min(this.#bytes.length, end - position + 1);
    const { bytesRead } = await file.read(this.#bytes, 0, wanted, position);
    if (bytesRead === 0) throw new Error(`The blob ends at byte ${position}, before its length.`);
    this.left = write(out, this.#bytes.subarray(0, bytesRead), gone);
    this.left.catch(() => undefined);
    return bytesRead;
  }
}

function write(out: Writable, bytes: Buffer, gone: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onGone = (): void => reject(gone.reason as Error);
    gone.addEventListener('abort', onGone, { once: true });
    out.write(bytes, (error) => {
      gone.removeEventListener('abort', onGone);
      if (error) reject(error);
      else resolve();
    });
  });
}
