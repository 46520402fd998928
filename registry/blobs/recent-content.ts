import type { Digest } from '../reference.ts';

const CAPACITY_BYTES = 16 << 20;
const LARGEST_BYTES = 256 << 10;

/** Small content that was used last, so that a manifest that is asked for again costs no file access. */
export class RecentContent {
  /** Insertion order is order of use: the first key is the one that goes first. */
  readonly #contents = new Map<Digest, Buffer>();
  #bytes = 0;

  get(digest: Digest): Buffer | undefined {
    const content = this.#contents.get(digest);
    if (content === undefined) return undefined;
    this.#contents.delete(digest);
    this.#contents.set(digest, content);
    return content;
  }

  delete(digest: Digest): void {
    this.#bytes -= this.#contents.get(digest)?.length ?? 0;
    this.#contents.delete(digest);
  }

  add(digest: Digest, content: Buffer): void {
    if (content.length > LARGEST_BYTES || this.#contents.has(digest)) return;
    this.#contents.set(digest, content);
    this.#bytes += content.length;
    for (const [oldest, { length }] of this.#contents) {
      if (this.#bytes <= CAPACITY_BYTES) break;
      this.#contents.delete(oldest);
      this.#bytes -= length;
    }
  }
}
