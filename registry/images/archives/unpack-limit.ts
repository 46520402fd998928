import { invalid } from '../tar/tar-header.ts';

/** Layers of zeros exist, and some are large: only where both are exceeded is it a trap. */
const FREE_BYTES = 1 << 30;
const MOST_TIMES = 200;

/** Stops what unpacks to absurd sizes before the disk is full of nothing. */
export class UnpackLimit {
  #packed = 0;
  #unpacked = 0;

  /** Counts what is to be unpacked on its way. */
  async *count(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of source) {
      this.#packed += chunk.length;
      yield chunk;
    }
  }

  /** @throws RegistryError ARCHIVE_INVALID */
  add(unpacked: number): void {
    this.#unpacked += unpacked;
    if (this.#unpacked < FREE_BYTES || this.#unpacked < MOST_TIMES * this.#packed) return;
    throw invalid(`The archive unpacks to more than ${MOST_TIMES} times its size; that is no image.`);
  }
}
