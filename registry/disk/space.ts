import { statfs } from 'node:fs/promises';
import { RegistryError } from '../error.ts';
import { formatBytes } from '../size.ts';

/** Without a setting: a twentieth of a small file system, and no more than this of a large one. */
const LARGEST_DEFAULT = 512 << 20;
const DEFAULT_SHARE = 0.05;

/** What the file system said is good for this long, if so much room is left that others cannot fill it meanwhile. */
const FRESH_MS = 1000;
const AMPLE_BYTES = 1 << 30;

/**
 * The room on the data folder's file system. A reserve of it is refused to new content, so that Berth and
 * everything else on the machine can still work when the registry is full.
 */
export class Space {
  readonly #folder: string;
  readonly #setting: () => number | null;
  #free = 0;
  #total = 0;
  #lookedAt = -Infinity;

  /**
   * @param reserve bytes, asked anew each time; 0 for none; null for 512 MiB or 5 % of the file system, whichever
   *   is less
   */
  constructor(folder: string, reserve: () => number | null = () => null) {
    this.#folder = folder;
    this.#setting = reserve;
  }

  /** Bytes that are kept free. */
  get reserve(): number {
    return this.#setting() ?? Math.min(LARGEST_DEFAULT, Math.floor(this.#total * DEFAULT_SHARE));
  }

  /**
   * To be called before new content is accepted.
   *
   * @param bytes as far as known
   * @throws RegistryError STORAGE_FULL if that would eat into the reserve
   */
  async require(bytes: number): Promise<void> {
    if (this.#setting() === 0) return;
    const isFresh = performance.now() - this.#lookedAt < FRESH_MS;
    if (isFresh && this.#hasRoom(bytes + AMPLE_BYTES)) return;
    await this.#look();
    if (!this.#hasRoom(bytes)) throw this.#full();
  }

  /** As `require`, for bytes that are written next. */
  async take(bytes: number): Promise<void> {
    await this.require(bytes);
    this.#free -= bytes;
  }

  #hasRoom(bytes: number): boolean {
    // Some file systems over a network say nothing of their size.
    return this.#total === 0 || this.#free - bytes >= this.reserve;
  }

  async #look(): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(this.#folder);
    this.#free = bavail * bsize;
    this.#total = blocks * bsize;
    this.#lookedAt = performance.now();
  }

  #full(): RegistryError {
    const free = Math.max(0, this.#free);
    return new RegistryError(
      'STORAGE_FULL',
      `The disk is full but for a reserve: ${formatBytes(free)} are free, and Berth keeps ${formatBytes(this.reserve)} ` +
        'free. Free some space (berth gc, or delete images) and push again, or lower the reserve (berth settings reserve).',
      { detail: { free, reserve: this.reserve } },
    );
  }
}
