import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';

const blockBytes = 1 << 20;
const tailBytes = 32;

/**
 * A large file whose digest can be made new at no cost: only its last bytes change, and the hash of all
 * that comes before them is kept. It stays in the page cache, so that reading it costs the client little.
 */
export class BigFile {
  /**
   * @param {string} path
   * @param {number} bytes a multiple of 1 MiB
   */
  static async create(path, bytes) {
    const block = randomBytes(blockBytes);
    const hash = createHash('sha256');
    const file = await open(path, 'w');
    try {
      for (let at = 0; at < bytes; at += blockBytes) {
        const last = at + blockBytes >= bytes;
        hash.update(last ? block.subarray(0, blockBytes - tailBytes) : block);
        await file.write(block, 0, blockBytes, at);
      }
    } finally {
      await file.close();
    }
    return new BigFile(path, bytes, hash);
  }

  #hash;

  /** @private use create */
  constructor(path, bytes, hash) {
    this.path = path;
    this.bytes = bytes;
    this.#hash = hash;
  }

  get mebibytes() {
    return this.bytes / (1 << 20);
  }

  /** Changes the last bytes of the file and answers its new digest. */
  async renew() {
    const tail = randomBytes(tailBytes);
    const file = await open(this.path, 'r+');
    try {
      await file.write(tail, 0, tailBytes, this.bytes - tailBytes);
    } finally {
      await file.close();
    }
    return `sha256:${this.#hash.copy().update(tail).digest('hex')}`;
  }
}
