import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { DiskUse, Job, ServerEvent, Transfer } from '../registry/api/contract.ts';
import type { Log } from '../registry/index.ts';
import type { Api } from './api.ts';
import { RecentImages, type RecentImage } from './recent-images.ts';
import type { Server } from './server.ts';
import { Turns } from './turns.ts';

export interface Figures {
  /** Newest first, at most five; null before they were read. */
  readonly recent: readonly RecentImage[] | null;
  readonly disk: Pick<DiskUse, 'used' | 'reclaimable'> | null;
  /** Pushes in flight. */
  readonly pushes: number;
  readonly isBusy: boolean;
}

interface Happenings {
  figures: [Figures];
  /** A push has arrived whole. */
  arrived: [Transfer];
  /** A job has ended. */
  ended: [Job];
}

const FOLLOWED = ['changed', 'transfer', 'job'] as const;
const AGAIN_MS = 1000;
/** Many changes in a row are looked at together. */
const GATHER_MS = 300;
const READ_AGAIN_MS = 5000;
/** More than the registry remembers of what has ended. */
const MOST_TOLD = 1000;

/** What goes on in the registry, as the tray shows it: read once, and then followed. */
export class Watch extends EventEmitter<Happenings> {
  readonly #api: Api;
  readonly #log: Log;
  readonly #readings = new Turns();
  #transfers = new Map<string, Transfer>();
  #jobs = new Map<string, Job>();
  /** What has ended and was told, by which nobody hears of it twice. */
  readonly #told = new Set<string>();
  #recent: Figures['recent'] = null;
  #disk: Figures['disk'] = null;
  /** Repositories to look at again. */
  #changed = new Set<string>();
  /** What has changed is not known: all is to be read anew. */
  #isMissed = true;
  #gather: NodeJS.Timeout | undefined;
  #stop: AbortController | undefined;

  constructor(server: Server, api: Api, log: Log) {
    super();
    this.#api = api;
    this.#log = log;
    server.on('state', (state) => {
      if (state === 'running') void this.#follow();
      if (state === 'stopping') this.#end();
    });
  }

  get figures(): Figures {
    const pushes = [...this.#transfers.values()].filter(({ direction }) => direction === 'push').length;
    const isBusy = this.#transfers.size > 0 || this.#jobs.size > 0;
    return { recent: this.#recent, disk: this.#disk, pushes, isBusy };
  }

  async #follow(): Promise<void> {
    this.#end();
    const stop = new AbortController();
    this.#stop = stop;
    let isTold = false;
    while (!stop.signal.aborted) {
      try {
        for await (const event of this.#api.events(FOLLOWED, stop.signal)) {
          if (stop.signal.aborted) return;
          await this.#take(event, stop.signal);
          isTold = false;
        }
      } catch (error) {
        // Whether it is tried once or for an hour: the log has it once.
        if (!stop.signal.aborted && !isTold) this.#log.warn('the events broke off', { error });
        isTold = true;
      }
      await delay(AGAIN_MS, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    }
  }

  /** Forgets it all: the next registry is another one. */
  #end(): void {
    this.#stop?.abort();
    clearTimeout(this.#gather);
    this.#gather = undefined;
    this.#changed.clear();
    this.#transfers.clear();
    this.#jobs.clear();
    this.#told.clear();
    this.#recent = null;
    this.#disk = null;
    this.#tellFigures();
  }

  async #take(event: ServerEvent, signal: AbortSignal): Promise<void> {
    switch (event.type) {
      case 'reset':
        return await this.#readUnderWay(signal);
      case 'changed':
        for (const repository of event.repositories) this.#changed.add(repository);
        return this.#readSoon(signal);
      case 'transfer':
        return this.#takeTransfer(event.transfer);
      case 'job':
        return this.#takeJob(event.job, signal);
      default:
    }
  }

  #takeTransfer(transfer: Transfer): void {
    if (transfer.state === 'running') this.#transfers.set(transfer.id, transfer);
    else this.#transfers.delete(transfer.id);
    this.#tellArrival(transfer);
    this.#tellFigures();
  }

  #takeJob(job: Job, signal: AbortSignal): void {
    if (job.state === 'running') this.#jobs.set(job.id, job);
    else this.#jobs.delete(job.id);
    void this.#tellEnd(job, signal);
    this.#tellFigures();
    if (job.state !== 'running') this.#readSoon(signal);
  }

  /** All at once, with what has ended while nobody listened: the beginning, and after events were missed. */
  async #readUnderWay(signal: AbortSignal): Promise<void> {
    const { transfers } = await this.#api.get<{ transfers: Transfer[] }>('/api/transfers', signal);
    const { jobs } = await this.#api.get<{ jobs: Job[] }>('/api/jobs', signal);
    signal.throwIfAborted();
    this.#transfers = runningOf(transfers);
    this.#jobs = runningOf(jobs);
    this.#isMissed = true;
    for (const transfer of transfers) this.#tellArrival(transfer);
    for (const job of jobs) void this.#tellEnd(job, signal);
    this.#tellFigures();
    this.#readSoon(signal);
  }

  #tellArrival(transfer: Transfer): void {
    if (transfer.state !== 'done' || transfer.direction !== 'push') return;
    if (this.#isNews(`transfer ${transfer.id}`)) this.emit('arrived', transfer);
  }

  async #tellEnd(job: Job, signal: AbortSignal): Promise<void> {
    if (job.state === 'running' || !this.#isNews(`job ${job.id}`)) return;
    try {
      // A long result does not come with the event.
      const isWhole = job.state !== 'done' || job.result !== undefined;
      this.emit('ended', isWhole ? job : await this.#api.get<Job>(`/api/jobs/${job.id}`, signal));
    } catch (error) {
      if (!signal.aborted) this.#log.warn('could not tell how a job has ended', { job: job.id, error });
    }
  }

  #isNews(what: string): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    for (const oldest of this.#told) {
      if (this.#told.size <= MOST_TOLD) break;
      this.#told.delete(oldest);
    }
    return true;
  }

  #readSoon(signal: AbortSignal, afterMs = GATHER_MS): void {
    this.#gather ??= setTimeout(() => {
      this.#gather = undefined;
      // One that began earlier would put back what a later one saw go.
      void this.#readings.take(() => this.#read(signal));
    }, afterMs).unref();
  }

  async #read(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const [changed, isMissed] = [this.#changed, this.#isMissed];
    this.#changed = new Set();
    this.#isMissed = false;
    try {
      const images = new RecentImages(this.#api, signal);
      const recent = await (isMissed ? images.readAll() : images.reread(this.#recent ?? [], changed));
      signal.throwIfAborted();
      this.#recent = recent;
      this.#tellFigures();
      const { used, reclaimable } = await this.#api.get<DiskUse>('/api/disk', signal);
      signal.throwIfAborted();
      this.#disk = { used, reclaimable };
      this.#tellFigures();
    } catch (error) {
      if (signal.aborted) return;
      this.#log.warn('could not read what the tray shows', { error });
      for (const repository of changed) this.#changed.add(repository);
      this.#isMissed ||= isMissed;
      this.#readSoon(signal, READ_AGAIN_MS);
    }
  }

  #tellFigures(): void {
    this.emit('figures', this.figures);
  }
}

function runningOf<Work extends Transfer | Job>(works: readonly Work[]): Map<string, Work> {
  return new Map(works.filter(({ state }) => state === 'running').map((work) => [work.id, work]));
}
