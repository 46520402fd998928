import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Log } from '../registry/index.ts';
import type { ImportResult } from '../registry/api/contract.ts';
import type { Api } from './api.ts';
import type { ExportRequest, FileJob } from './bridge.ts';
import { exportFile } from './export-file.ts';
import { finishImport, needsReview, stageFile, type Progress } from './import-file.ts';
import { reasonOf } from './reason.ts';
import type { Server } from './server.ts';
import { Turns } from './turns.ts';

interface Entry {
  job: FileJob;
  readonly path: string;
  readonly abort: AbortController;
  /** With the app, and not by its window: nobody may be looking. */
  readonly isOpened: boolean;
  hasBegun: boolean;
}

type Outcome = Pick<FileJob, 'state'> & Partial<FileJob>;

interface Happenings {
  change: [FileJob];
  /** These three of files that were opened with the app: it is in the registry; it waits for a look; or neither. */
  imported: [string, ImportResult];
  review: [FileJob];
  failed: [FileJob];
}

const REMEMBERED = 50;
/** More often nobody sees a bar move. */
const REPORT_MS = 100;

/** Archives that main reads into the registry and writes from it, one after the other. */
export class FileJobs extends EventEmitter<Happenings> {
  readonly #server: Pick<Server, 'running'>;
  readonly #api: Api;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  readonly #turns = new Turns();

  constructor(server: Pick<Server, 'running'>, api: Api, log: Log) {
    super();
    this.#server = server;
    this.#api = api;
    this.#log = log;
  }

  get all(): readonly FileJob[] {
    return [...this.#entries.values()].map(({ job }) => job);
  }

  /** For the window, which shows what is inside before it goes on. */
  stage(path: string): FileJob {
    return this.#start('import', path, false, async (progress) => ({
      state: 'staged',
      staged: await stageFile(this.#api, path, progress),
    }));
  }

  /** Opened with the app, an archive goes all the way, unless there is something to decide. */
  import(path: string): FileJob {
    return this.#start('import', path, true, async (progress) => {
      const staged = await stageFile(this.#api, path, progress);
      if (needsReview(staged)) return { state: 'staged', staged };
      return { state: 'done', staged, result: await finishImport(this.#api, staged.id, progress.signal) };
    });
  }

  export(path: string, request: ExportRequest): FileJob {
    return this.#start('export', path, false, async (progress) => {
      await exportFile(this.#api, path, request, progress);
      return { state: 'done' };
    });
  }

  cancel(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (entry.job.state !== 'running') return void this.#entries.delete(id);
    entry.abort.abort();
    // One that waits for its turn need not wait to be cancelled.
    if (!entry.hasBegun) this.#set(id, { state: 'cancelled' });
  }

  /** Cancels all that run and wait, and resolves when nothing is left of them. */
  async close(): Promise<void> {
    for (const { id, state } of this.all) if (state === 'running') this.cancel(id);
    await this.#turns.take(() => Promise.resolve());
  }

  /** Where it is read from or written to. */
  pathOf(id: string): string | undefined {
    return this.#entries.get(id)?.path;
  }

  #start(
    kind: FileJob['kind'],
    path: string,
    isOpened: boolean,
    work: (progress: Progress) => Promise<Outcome>,
  ): FileJob {
    const id = randomUUID();
    const abort = new AbortController();
    const job: FileJob = {
      id,
      kind,
      name: basename(path),
      done: 0,
      total: null,
      state: 'running',
      staged: null,
      result: null,
      error: null,
    };
    const entry = { job, path, abort, isOpened, hasBegun: false };
    this.#entries.set(id, entry);
    this.#forgetOldest();
    this.emit('change', job);
    const progress = { signal: abort.signal, report: this.#reporter(id) };
    this.#turns
      .take(() => this.#run(entry, () => work(progress)))
      .catch((error: unknown) => this.#log.error('could not tell what became of a file', { path, error }));
    return job;
  }

  async #run(entry: Entry, work: () => Promise<Outcome>): Promise<void> {
    const { signal } = entry.abort;
    if (signal.aborted) return;
    entry.hasBegun = true;
    this.#set(entry.job.id, await this.#outcomeOf(entry, work));
    this.#tell(entry);
  }

  async #outcomeOf({ path, abort: { signal } }: Entry, work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      // While it is in trouble, or moves to another folder, files wait for it.
      await this.#server.running(signal);
      return await work();
    } catch (error) {
      if (signal.aborted) return { state: 'cancelled' };
      this.#log.warn('a file could not be imported or exported', { path, error });
      return { state: 'failed', error: reasonOf(error) };
    }
  }

  /** What became of it, where the window did not ask for it. */
  #tell({ job, isOpened }: Entry): void {
    if (!isOpened) return;
    if (job.state === 'done' && job.result !== null) this.emit('imported', job.name, job.result);
    if (job.state === 'staged') this.emit('review', job);
    if (job.state === 'failed') this.emit('failed', job);
  }

  #reporter(id: string): Progress['report'] {
    let reported = 0;
    return (done, total) => {
      const now = performance.now();
      if (now - reported < REPORT_MS && done !== total) return;
      reported = now;
      this.#set(id, { done, total });
    };
  }

  #set(id: string, change: Partial<FileJob>): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.job = { ...entry.job, ...change };
    this.emit('change', entry.job);
  }

  #forgetOldest(): void {
    for (const [id, { job }] of this.#entries) {
      if (this.#entries.size <= REMEMBERED) return;
      if (job.state !== 'running') this.#entries.delete(id);
    }
  }
}
