import type { FilesRead, Job } from '../../../registry/api/contract.ts';
import { post } from '../../state/api.ts';
import { jobs } from '../../state/jobs.svelte.ts';

/** Sooner than that, reading it again would be forgotten again. */
const LEAST_MS = 5000;

/** What the layers of one image hold is read once, by a job; after that every list is there in a moment. */
export class ReadFiles {
  readonly repository: string;
  readonly digest: string;
  job = $state.raw<Job>();
  error = $state.raw<unknown>();
  readonly #closed = new AbortController();
  #again = -Infinity;

  constructor(repository: string, digest: string) {
    this.repository = repository;
    this.digest = digest;
  }

  get progress(): Job | undefined {
    const job = this.job && (jobs.byId.get(this.job.id) ?? this.job);
    return job?.state === 'running' ? job : undefined;
  }

  get result(): FilesRead | undefined {
    return this.job?.state === 'done' ? (this.job.result as FilesRead) : undefined;
  }

  get cancelled(): boolean {
    return this.job?.state === 'cancelled';
  }

  async start(): Promise<void> {
    this.error = undefined;
    const { repository, digest } = this;
    try {
      const job = await post<Job>('/api/files/read', { repository, digest }, this.#closed.signal);
      this.job = job;
      if (job.state === 'running') this.job = await jobs.ended(job.id, this.#closed.signal);
      if (this.job.state === 'failed') this.error = new Error(this.job.error);
    } catch (error) {
      if (!this.#closed.signal.aborted) this.error = error;
    }
  }

  /** The server has forgotten what it read: its cache is bounded. */
  async again(): Promise<void> {
    if (performance.now() - this.#again > LEAST_MS) {
      this.#again = performance.now();
      await this.start();
    } else {
      this.job = undefined;
      this.error = new Error('What was read was forgotten at once: other images are being read as well.');
    }
  }

  async cancel(): Promise<void> {
    if (this.job !== undefined) await jobs.cancel(this.job.id);
  }

  /** Nobody looks any more; the job goes on, and what it read is kept for the next time. */
  close(): void {
    this.#closed.abort();
  }
}
