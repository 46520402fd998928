import { SvelteMap } from 'svelte/reactivity';
import type { Job } from '../../registry/api/contract.ts';
import { ask, get } from './api.ts';
import { events } from './events.svelte.ts';

/** Long work, wherever it was started: here, in another window or on the command line. */
export class Jobs {
  readonly byId = new SvelteMap<string, Job>();
  readonly running = $derived([...this.byId.values()].filter(({ state }) => state === 'running'));

  follow(): () => void {
    const ends = [
      events.on('job', ({ job }) => this.byId.set(job.id, job)),
      events.on('reset', () => void this.#readAll()),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** Resolves when it has ended, however; the stream of events may be broken meanwhile. */
  async ended(id: string, signal?: AbortSignal): Promise<Job> {
    for (;;) {
      const job = await get<Job>(`/api/jobs/${encodeURIComponent(id)}`, { wait: 25 }, signal);
      this.byId.set(job.id, job);
      if (job.state !== 'running') return job;
    }
  }

  async cancel(id: string): Promise<void> {
    const job = await ask<Job>('DELETE', `/api/jobs/${encodeURIComponent(id)}`);
    this.byId.set(job.id, job);
  }

  async #readAll(): Promise<void> {
    const { jobs: all } = await get<{ jobs: readonly Job[] }>('/api/jobs');
    this.byId.clear();
    for (const job of all) this.byId.set(job.id, job);
  }
}

export const jobs = new Jobs();
