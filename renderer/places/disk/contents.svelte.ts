import { SvelteMap } from 'svelte/reactivity';
import type { RepositoryContent } from '../../../registry/api/contract.ts';
import { ApiError, get } from '../../state/api.ts';
import { events } from '../../state/events.svelte.ts';

const AT_ONCE = 2;

/** The layers of those repositories whose cells are large enough to show them. */
export class Contents {
  readonly byName = new SvelteMap<string, RepositoryContent>();
  readonly #asked = new Set<string>();
  /** Never twice at once: the older answer might come last. */
  readonly #reading = new Set<string>();
  #waiting: string[] = [];
  #closed = new AbortController();

  /** Reads what is not known yet, the first of them first. */
  want(names: readonly string[]): void {
    this.#waiting = names.filter((name) => !this.#asked.has(name));
    this.#next();
  }

  /** Follows what changes; returns how to end it. */
  follow(): () => void {
    this.#closed = new AbortController();
    const forget = (names: readonly string[]) => {
      for (const name of names) this.#asked.delete(name);
    };
    const ends = [
      events.on('changed', ({ repositories }) => forget(repositories)),
      events.on('reset', () => forget([...this.#asked])),
    ];
    return () => {
      for (const end of ends) end();
      this.#closed.abort();
    };
  }

  #next(): void {
    while (this.#reading.size < AT_ONCE) {
      const name = this.#waiting.find((each) => !this.#reading.has(each));
      if (name === undefined) return;
      this.#waiting = this.#waiting.filter((each) => each !== name);
      this.#asked.add(name);
      this.#reading.add(name);
      void this.#read(name);
    }
  }

  async #read(name: string): Promise<void> {
    try {
      this.byName.set(name, await get('/api/disk/repository', { name }, this.#closed.signal));
    } catch (error) {
      // Its cell stays without layers; a repository that has gone is gone from the map as well.
      this.byName.delete(name);
      if (!(error instanceof ApiError && error.status === 404)) this.#asked.delete(name);
    }
    this.#reading.delete(name);
    if (!this.#closed.signal.aborted) this.#next();
  }
}
