import { Worker } from 'node:worker_threads';
import type { Log } from '../log.ts';
import { workerUrl } from '../worker-url.ts';
import type { CheckpointDone, CheckpointTask, Replayed } from './checkpoint-worker.ts';

/** Keeps the checkpoint and the base up to date in a thread of its own, one task after the other. */
export class Checkpoints {
  readonly #folder: string;
  readonly #log: Log;
  /** Last segment that is closed but perhaps not in the checkpoint. */
  #closed = 0;
  /** Last segment that is in the checkpoint. */
  #covered: number;
  #tasks: Promise<unknown> = Promise.resolve();
  #worker: Worker | undefined;
  #isClosed = false;

  /** @param covered last segment that the folder's checkpoint covers; 0 if it has to be made anew */
  constructor(folder: string, log: Log, covered: number) {
    this.#folder = folder;
    this.#log = log;
    this.#covered = covered;
  }

  /** Folds segments that are closed into the checkpoint, beside the server's work. */
  coverUpTo(segment: number): void {
    const isAsked = this.#closed > this.#covered;
    this.#closed = Math.max(this.#closed, segment);
    if (isAsked || this.#closed <= this.#covered) return;
    this.#cover().catch((error: unknown) => {
      // The next segment that is closed tries again.
      this.#closed = this.#covered;
      if (this.#isClosed) return;
      this.#log.error('could not write a checkpoint; the journal still has everything', { error });
    });
  }

  async #cover(): Promise<void> {
    while (this.#closed > this.#covered) {
      const done = await this.#inTurn(() => ({ kind: 'checkpoint', segment: this.#closed }));
      this.#covered = done.segment;
      this.#log.debug('wrote a checkpoint', { ...done });
    }
  }

  /** @see Ledger.compact */
  async compact(before: number): Promise<CheckpointDone> {
    return await this.#inTurn(() => ({ kind: 'compact', before, covered: this.#covered }));
  }

  /** Makes the checkpoint anew from the base, because it is damaged. */
  async renew(): Promise<void> {
    this.#closed = Math.max(this.#closed, this.#covered);
    this.#covered = 0;
    if (this.#closed > 0) await this.#cover();
  }

  /** @see Ledger.rebase */
  async rebase(aside: string): Promise<CheckpointDone> {
    return await this.#inTurn(() => ({ kind: 'rebase', aside }));
  }

  /**
   * @see Ledger.replay
   * @param place made when its turn has come
   */
  async replay(place: () => { segment: number; seq: number }): Promise<Replayed> {
    return await this.#inTurn<Replayed>(() => ({ kind: 'replay', ...place() }));
  }

  /** A checkpoint replaces the last one as a whole, so that one which is cut short costs nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
    await this.#tasks;
  }

  /** @param task made when its turn has come */
  #inTurn<Done = CheckpointDone>(task: () => CheckpointTask): Promise<Done> {
    const done = this.#tasks.then(() => this.#run<Done>(task()));
    this.#tasks = done.catch(() => undefined);
    return done;
  }

  #run<Done>(task: CheckpointTask): Promise<Done> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new Error('The registry is stopping.');
      const worker = new Worker(workerUrl('checkpoint-worker'), {
        workerData: { folder: this.#folder, task },
      });
      this.#worker = worker;
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        if (this.#worker === worker) this.#worker = undefined;
        reject(new Error('The registry is stopping.'));
      });
    });
  }
}
