import type { RepositoryList, RepositorySummary } from '../../registry/api/contract.ts';
import { get } from './api.ts';
import { events } from './events.svelte.ts';
import { Resource } from './resource.svelte.ts';

/** A push moves many tags in a second; a list of two thousand repositories need not follow each. */
const PACE_MS = 400;

/** All repositories, always as they are now: the sidebar, the list and the palette share them. */
export class Repositories {
  readonly resource = new Resource<readonly RepositorySummary[]>(async (signal) => {
    const { repositories } = await get<RepositoryList>('/api/repositories', {}, signal);
    return repositories;
  });
  readonly byName = $derived(new Map((this.resource.value ?? []).map((each) => [each.name, each])));
  #timer: ReturnType<typeof setTimeout> | undefined;

  get all(): readonly RepositorySummary[] {
    return this.resource.value ?? [];
  }

  /** Whether the registry is known to hold nothing. */
  get empty(): boolean {
    return this.resource.value?.length === 0;
  }

  /** From now on; returns how to end it. */
  follow(): () => void {
    const later = () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.resource.refresh();
      }, PACE_MS);
    };
    void this.resource.refresh();
    const ends = [events.on('changed', later), events.on('reset', () => void this.resource.refresh())];
    return () => {
      clearTimeout(this.#timer);
      for (const end of ends) end();
    };
  }
}

export const repositories = new Repositories();
