import type { Digest } from '../reference.ts';
import type { Descriptor } from './operation.ts';

interface Use {
  readonly size: number;
  count: number;
}

/** Content that several manifests may point at, each piece counted once for as long as one does. */
export class SharedContent {
  readonly #uses = new Map<Digest, Use>();
  #totalSize = 0;

  /** Distinct pieces. */
  get count(): number {
    return this.#uses.size;
  }

  /** Bytes of the distinct pieces. */
  get totalSize(): number {
    return this.#totalSize;
  }

  has(digest: Digest): boolean {
    return this.#uses.has(digest);
  }

  /** How often it was added. */
  countOf(digest: Digest): number {
    return this.#uses.get(digest)?.count ?? 0;
  }

  add({ digest, size }: Descriptor): void {
    const use = this.#uses.get(digest);
    if (use !== undefined) {
      use.count += 1;
      return;
    }
    this.#uses.set(digest, { size, count: 1 });
    this.#totalSize += size;
  }

  /** Takes back one `add`. The size is the one that was counted, whatever this descriptor says. */
  remove({ digest }: Descriptor): void {
    const use = this.#uses.get(digest);
    if (use === undefined) return;
    use.count -= 1;
    if (use.count > 0) return;
    this.#uses.delete(digest);
    this.#totalSize -= use.size;
  }
}
