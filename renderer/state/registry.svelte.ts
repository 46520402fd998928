import type { About, DiskUse } from '../../registry/api/contract.ts';
import { get } from './api.ts';
import { events } from './events.svelte.ts';
import { Resource } from './resource.svelte.ts';

/** What `localhost:5080` is while the server has not said it. */
const DEFAULT_ADDRESS = 'localhost:5080';

/** This registry: where it listens, and how much of the disk it takes. */
export class Registry {
  readonly about = new Resource<About>((signal) => get<About>('/api/about', {}, signal));
  readonly disk = new Resource<DiskUse>((signal) => get<DiskUse>('/api/disk', {}, signal));
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What stands before a repository's name: `localhost:5080`. */
  get address(): string {
    return this.about.value?.address ?? DEFAULT_ADDRESS;
  }

  follow(): () => void {
    const disk = () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.disk.refresh();
      }, 1000);
    };
    const all = () => void Promise.all([this.about.refresh(), this.disk.refresh()]);
    all();
    const ends = [
      events.on('reset', all),
      events.on('changed', disk),
      events.on('disk', disk),
      events.on('job', ({ job }) => job.state !== 'running' && disk()),
    ];
    return () => {
      clearTimeout(this.#timer);
      for (const end of ends) end();
    };
  }
}

export const registry = new Registry();
