import { RegistryError } from '../error.ts';
import type { Store } from '../images/store.ts';
import {
  planReclaim,
  reclaim,
  SETTLE_LOOK_MS,
  SETTLE_MS,
  type Progress,
  type ReclaimPlan,
  type ReclaimReport,
} from './reclaim.ts';
import { GRACE_MS } from '../blobs/leases.ts';
import { DAY_MS } from '../time.ts';

/** Plans and carries out reclaims, one at a time. */
export class Reclaimer {
  readonly #store: Store;
  readonly #undoMs: () => number;
  #last: Promise<unknown> = Promise.resolve();
  #ended = 0;
  readonly #listeners: (() => void)[] = [];
  readonly #closing = new AbortController();

  /** @param undoDays for which what was deleted or overwritten can be restored; asked anew each time */
  constructor(store: Store, undoDays: () => number) {
    this.#store = store;
    this.#undoMs = () => undoDays() * DAY_MS;
  }

  async plan(emptyTrash: boolean): Promise<ReclaimPlan> {
    return await planReclaim(this.#store, { emptyTrash, undoMs: this.#undoMs(), graceMs: GRACE_MS });
  }

  /**
   * Plans anew when it is its turn, and does what it planned.
   *
   * @param patience milliseconds to wait for clients that have finished and are still connected
   */
  run(
    emptyTrash: boolean,
    onProgress?: (progress: Progress) => void,
    signal?: AbortSignal,
    patience = SETTLE_MS,
  ): Promise<ReclaimReport> {
    const stop = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
    const run = this.#last.then(async () => {
      try {
        stop.throwIfAborted();
        let plan = await this.plan(emptyTrash);
        if (await this.#settle(plan, stop, patience)) plan = await this.plan(emptyTrash);
        return await reclaim(this.#store, plan, onProgress, stop, patience);
      } finally {
        // Before whoever waits for it goes on.
        this.#ended += 1;
        for (const listener of this.#listeners) listener();
      }
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** How many runs have come to an end: what was measured before the last of them is out of date. */
  get ended(): number {
    return this.#ended;
  }

  /** Calls `listener` after every run, whoever asked for it. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Clients that have just finished are told from those at work by their silence: what only those would keep is
   * waited for.
   *
   * @returns whether something may be due now that was not before
   */
  async #settle({ repositories }: ReclaimPlan, signal: AbortSignal, patience: number): Promise<boolean> {
    const { leases } = this.#store;
    const inUse = repositories.flatMap(({ stays }) => stays.filter(({ reason }) => reason === 'in use'));
    const settling = new Set(inUse.map(({ digest }) => digest));
    const deadline = Date.now() + patience;
    let isChanged = false;
    for (;;) {
      for (const digest of settling) {
        const hold = leases.find(digest);
        if (hold !== 'settling') settling.delete(digest);
        if (hold === 'free') isChanged = true;
      }
      if (settling.size === 0 || Date.now() > deadline) return isChanged;
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS));
    }
  }

  /** Stops between two items. From then on no file is touched: the folder may be another's. */
  async close(): Promise<void> {
    this.#closing.abort(new RegistryError('UNAVAILABLE', 'The registry is stopping.'));
    await this.#last;
  }
}
