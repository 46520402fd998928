import type { Digest } from '../reference.ts';

/** What is done to one piece of content is done one after the other. */
export class Turns {
  readonly #last = new Map<Digest, Promise<unknown>>();

  async alone<T>(digest: Digest, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(digest);
    const turn = before === undefined ? work() : before.then(work);
    // Whoever waits for it cares only that it is over.
    const over = turn.catch(() => undefined);
    this.#last.set(digest, over);
    try {
      return await turn;
    } finally {
      if (this.#last.get(digest) === over) this.#last.delete(digest);
    }
  }
}
