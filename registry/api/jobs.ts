import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryError } from '../error.ts';
import { toRegistryError } from '../http/responder.ts';
import type { Log } from '../log.ts';
import type { Job } from './contract.ts';

export interface JobControl {
  readonly signal: AbortSignal;
  progress(done: number, total: number): void;
}

interface Running {
  job: Job;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Jobs that are over are remembered for those who ask later, but not for ever. */
const REMEMBERED = 100;

/** Long work that goes on without the request that began it: with progress, a way to stop, and a result. */
export class Jobs {
  readonly #jobs = new Map<string, Running>();
  readonly #listeners: ((job: Job) => void)[] = [];
  readonly #log: Log;
  readonly #stopping = new AbortController();

  constructor(log: Log) {
    this.#log = log;
  }

  start(kind: string, subject: string, work: (control: JobControl) => Promise<unknown>): Job {
    const id = randomUUID();
    const abort = new AbortController();
    const set = (change: Partial<Job>): void => {
      const running = this.#jobs.get(id);
      if (running === undefined) return;
      running.job = { ...running.job, ...change };
      this.#tell(running.job);
    };
    const control: JobControl = {
      signal: abort.signal,
      progress: (done, total) => set({ done, total }),
    };
    const job: Job = {
      id,
      kind,
      subject,
      state: 'running',
      startedAt: new Date().toISOString(),
      endedAt: null,
      done: 0,
      total: 0,
    };
    const ended = Promise.resolve()
      .then(() => work(control))
      .then(
        (result) => set({ state: 'done', endedAt: new Date().toISOString(), result }),
        (error: unknown) => {
          const endedAt = new Date().toISOString();
          if (abort.signal.aborted || isAborted(error)) set({ endedAt, state: 'cancelled' });
          else set({ endedAt, state: 'failed', error: this.#explain(kind, error) });
        },
      );
    this.#jobs.set(id, { job, abort, ended });
    this.#forgetOldest();
    this.#tell(job);
    return job;
  }

  /** As `start`, for a request that waits for the result itself. */
  run<Result>(
    kind: string,
    subject: string,
    work: (control: JobControl) => Promise<Result>,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.start(kind, subject, async (control) => {
        const result = work(control);
        result.then(resolve, reject);
        await result;
      });
    });
  }

  /** Calls `listener` with each new state of each job from now on. */
  subscribe(listener: (job: Job) => void): void {
    this.#listeners.push(listener);
  }

  get all(): Job[] {
    return [...this.#jobs.values()].map(({ job }) => job);
  }

  /**
   * @param waitMs for its end at most so long
   * @throws RegistryError NOT_FOUND
   */
  async read(id: string, waitMs = 0): Promise<Job> {
    const running = this.#running(id);
    if (waitMs > 0) {
      const ended = new AbortController();
      const signal = AbortSignal.any([ended.signal, this.#stopping.signal]);
      await Promise.race([running.ended, delay(waitMs, undefined, { signal }).catch(() => undefined)]);
      ended.abort();
    }
    return running.job;
  }

  /** Nobody waits for the end of a job any more: the server stops. */
  endWaits(): void {
    this.#stopping.abort();
  }

  /** Stops it between two steps. What it has done until then stays done. */
  async cancel(id: string): Promise<Job> {
    const running = this.#running(id);
    running.abort.abort(new RegistryError('REQUEST_ABORTED', 'The job was cancelled.'));
    await running.ended;
    return running.job;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#jobs.keys()].map((id) => this.cancel(id)));
  }

  #running(id: string): Running {
    const running = this.#jobs.get(id);
    if (running !== undefined) return running;
    throw new RegistryError(
      'NOT_FOUND',
      'There is no such job. Berth has been started anew, or has forgotten it.',
      { detail: { job: id.slice(0, 100) } },
    );
  }

  /** As a request is answered that fails: nobody shall read of paths and system calls. */
  #explain(kind: string, error: unknown): string {
    const { code, message, cause } = toRegistryError(error);
    if (code === 'INTERNAL') this.#log.error(`the job "${kind}" failed`, { error });
    if (code.startsWith('STORAGE_')) this.#log.warn(message, { error: cause });
    return message;
  }

  #tell(job: Job): void {
    for (const listener of this.#listeners) listener(job);
  }

  #forgetOldest(): void {
    for (const [id, { job }] of this.#jobs) {
      if (this.#jobs.size <= REMEMBERED) return;
      if (job.state !== 'running') this.#jobs.delete(id);
    }
  }
}

/** Its request was broken off: whoever sent it wants it no more. */
const isAborted = (error: unknown): boolean =>
  error instanceof RegistryError && error.code === 'REQUEST_ABORTED';
