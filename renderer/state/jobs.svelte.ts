import { SvelteMap } from 'svelte/reactivity';
import type { Job } from '../../registry/api/contract.ts';
import { ApiError, ask, get } from './api.ts';
import { events } from './events.svelte.ts';
import { pause } from './pause.ts';
import { Resource } from './resource.svelte.ts';
import { Roster } from './roster.ts';

const AGAIN_MS = 1000;

/** Long work, wherever it was started: here, in another window or on the command line. */
export class Jobs {
  readonly byId = new SvelteMap<string, Job>();
  readonly #roster = new Roster<Job>(this.byId);
  readonly #list = new Resource<void>((signal) =>
    this.#roster.read(async () => (await get<{ jobs: readonly Job[] }>('/api/jobs', {}, signal)).jobs),
  );
  readonly running = $derived([...this.byId.values()].filter(({ state }) => state === 'running'));

  follow(): () => void {
    const ends = [
      events.on('job', ({ job }) => this.take(job)),
      events.on('reset', () => void this.#list.refresh()),
    ];
    return () => {
      this.#list.close();
      for (const end of ends) end();
    };
  }

  /** What is known of one now. It never runs again once it has ended: such an answer was late. */
  take(job: Job): void {
    const known = this.byId.get(job.id);
    if (known === undefined || known.state === 'running' || job.state !== 'running') this.#roster.tell(job);
  }

  /**
   * Resolves when it has ended, however; registry and stream of events may be away meanwhile.
   *
   * @throws ApiError NOT_FOUND of a registry that was started anew
   */
  async ended(id: string, signal?: AbortSignal): Promise<Job> {
    for (;;) {
      try {
        const job = await get<Job>(`/api/jobs/${encodeURIComponent(id)}`, { wait: 25 }, signal);
        this.take(job);
        if (job.state !== 'running') return job;
      } catch (error) {
        if (!(error instanceof ApiError && error.isPassing)) throw error;
        await pause(signal, AGAIN_MS);
      }
    }
  }

  async cancel(id: string): Promise<void> {
    const job = await ask<Job>('DELETE', `/api/jobs/${encodeURIComponent(id)}`);
    this.take(job);
  }
}

export const jobs = new Jobs();
