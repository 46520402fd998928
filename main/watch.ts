import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { DiskUse, Job, ServerEvent, Transfer } from '../registry/api/contract.ts';
import type { Log } from '../registry/index.ts';
import type { Api } from './api.ts';
import { RecentImages, type RecentImage } from './recent-images.ts';
import type { Server } from './server.ts';

export interface Figures {
  /** Newest first, at most five. */
  readonly recent: readonly RecentImage[];
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

/** What goes on in the registry, as the tray shows it: read once, and then followed. */
export class Watch extends EventEmitter<Happenings> {
  readonly #api: Api;
  readonly #log: Log;
  readonly #recent: RecentImages;
  readonly #transfers = new Map<string, Transfer>();
  readonly #jobs = new Map<string, Job>();
  #disk: Figures['disk'] = null;
  #changed = new Set<string>();
  #gather: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stop: AbortController | undefined;

  constructor(server: Server, api: Api, log: Log) {
    super();
    this.#api = api;
    this.#log = log;
    this.#recent = new RecentImages(api);
    server.on('state', (state) => {
      if (state === 'running') void this.#follow();
      if (state === 'stopping') this.#end();
    });
  }

  get figures(): Figures {
    const pushes = [...this.#transfers.values()].filter(({ direction }) => direction === 'push').length;
    const isBusy = this.#transfers.size > 0 || this.#jobs.size > 0;
    return { recent: this.#recent.newest, disk: this.#disk, pushes, isBusy };
  }

  async #follow(): Promise<void> {
    this.#end();
    const stop = new AbortController();
    this.#stop = stop;
    while (!stop.signal.aborted) {
      try {
        for await (const event of this.#api.events(FOLLOWED, stop.signal)) await this.#take(event);
      } catch (error) {
        if (!stop.signal.aborted) this.#log.debug('the events broke off', { error });
      }
      await delay(AGAIN_MS, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    }
  }

  #end(): void {
    this.#stop?.abort();
    clearTimeout(this.#gather);
    this.#gather = undefined;
    this.#transfers.clear();
    this.#jobs.clear();
    this.emit('figures', this.figures);
  }

  async #take(event: ServerEvent): Promise<void> {
    switch (event.type) {
      case 'reset':
        return await this.#inTurn(() => this.#readAll());
      case 'changed':
        for (const repository of event.repositories) this.#changed.add(repository);
        return this.#readSoon();
      case 'transfer':
        return this.#takeTransfer(event.transfer);
      case 'job':
        return await this.#takeJob(event.job);
      default:
    }
  }

  #takeTransfer(transfer: Transfer): void {
    if (transfer.state === 'running') this.#transfers.set(transfer.id, transfer);
    else this.#transfers.delete(transfer.id);
    if (transfer.state === 'done' && transfer.direction === 'push') this.emit('arrived', transfer);
    this.emit('figures', this.figures);
  }

  async #takeJob(job: Job): Promise<void> {
    if (job.state === 'running') this.#jobs.set(job.id, job);
    else this.#jobs.delete(job.id);
    this.emit('figures', this.figures);
    if (job.state === 'running') return;
    this.#readSoon();
    // A long result does not come with the event.
    const isWhole = job.state !== 'done' || job.result !== undefined;
    this.emit('ended', isWhole ? job : await this.#api.get<Job>(`/api/jobs/${job.id}`));
  }

  async #readAll(): Promise<void> {
    const { transfers } = await this.#api.get<{ transfers: Transfer[] }>('/api/transfers');
    const { jobs } = await this.#api.get<{ jobs: Job[] }>('/api/jobs');
    this.#transfers.clear();
    this.#jobs.clear();
    for (const each of transfers) if (each.state === 'running') this.#transfers.set(each.id, each);
    for (const each of jobs) if (each.state === 'running') this.#jobs.set(each.id, each);
    await this.#recent.readAll();
    await this.#readDisk();
  }

  #readSoon(): void {
    this.#gather ??= setTimeout(() => {
      this.#gather = undefined;
      void this.#inTurn(() => this.#readChanged());
    }, GATHER_MS);
  }

  /** Readings never overlap: one that began earlier would put back what a later one saw go. */
  async #inTurn(read: () => Promise<void>): Promise<void> {
    const mine = this.#reading.then(read);
    this.#reading = mine.catch(() => undefined);
    await mine;
  }

  async #readChanged(): Promise<void> {
    const changed = this.#changed;
    this.#changed = new Set();
    try {
      await this.#recent.read(changed);
      await this.#readDisk();
    } catch (error) {
      for (const repository of changed) this.#changed.add(repository);
      this.#log.debug('could not read what has changed', { error });
    }
  }

  async #readDisk(): Promise<void> {
    const { used, reclaimable } = await this.#api.get<DiskUse>('/api/disk');
    this.#disk = { used, reclaimable };
    this.emit('figures', this.figures);
  }
}
