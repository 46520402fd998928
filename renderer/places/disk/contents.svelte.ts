import { SvelteMap } from 'svelte/reactivity';
import type { RepositoryContent } from '../../../registry/api/contract.ts';
import { get } from '../../state/api.ts';
import { events } from '../../state/events.svelte.ts';

const AT_ONCE = 2;

/** The layers of those repositories whose cells are large enough to show them. */
export class Contents {
  readonly byName = new SvelteMap<string, RepositoryContent>();
  readonly #asked = new Set<string>();
  #waiting: string[] = [];
  #running = 0;
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
    while (this.#running < AT_ONCE) {
      const name = this.#waiting.shift();
      if (name === undefined) return;
      this.#asked.add(name);
      this.#running += 1;
      void this.#read(name);
    }
  }

  async #read(name: string): Promise<void> {
    try {
      this.byName.set(name, await get('/api/disk/repository', { name }, this.#closed.signal));
    } catch {
      // Its cell stays without layers; a repository that has gone is gone from the map as well.
      this.byName.delete(name);
    }
    this.#running -= 1;
    if (!this.#closed.signal.aborted) this.#next();
  }
}
