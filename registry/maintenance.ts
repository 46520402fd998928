import { join } from 'node:path';
import { Low } from 'lowdb';
import { removeLeftovers } from './collector/leftovers.ts';
import type { Reclaimer } from './collector/reclaimer.ts';
import type { Retainer } from './retention/retainer.ts';
import type { RoomMaker } from './retention/room-maker.ts';
import { Schedule, type Task } from './collector/schedule.ts';
import { DAY_MS } from './time.ts';
import { GENTLE_RATE, type Verifier } from './verify/verify.ts';
import { DurableJSONFile } from './disk/json-file.ts';
import type { Store } from './images/store.ts';
import type { Log } from './log.ts';

const DAY_MINUTES = 1440;

/** A push that goes over the budget may have more to send. */
const BUDGET_PAUSE_MS = 2000;

export interface MaintenanceParts {
  readonly store: Store;
  readonly reclaimer: Reclaimer;
  readonly retainer: Retainer;
  readonly roomMaker: RoomMaker;
  readonly verifier: Verifier;
  readonly log: Log;
  readonly dataFolder: string;
}

/** What the registry does by itself: retention, reclaim, compaction and verification. */
export class Maintenance {
  readonly #parts: MaintenanceParts;
  readonly #schedule: Schedule;
  #budgetTimer: NodeJS.Timeout | undefined;
  #makingRoom: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(parts: MaintenanceParts, lastRuns: Low<Record<string, number>>) {
    this.#parts = parts;
    const { store, log } = parts;
    this.#schedule = new Schedule(this.#tasks(), {
      isIdle: () => !store.leases.isBusy,
      onError: (task, error) => log.error(`could not ${task}; will try again`, { error }),
      lastRuns: lastRuns.data,
      onRun: async () => {
        await lastRuns.write();
      },
    });
    store.ledger.subscribe(({ ops }) => {
      if (ops.some(({ op }) => op === 'manifest.put')) this.#keepBudget(BUDGET_PAUSE_MS);
    });
    // Somebody may just have lowered it, and looks whether it helps.
    store.settings.subscribe(() => this.#keepBudget(0));
  }

  static async start(parts: MaintenanceParts): Promise<Maintenance> {
    // A file of its own: what berth.json holds is people's.
    const file = new DurableJSONFile<Record<string, number>>(join(parts.dataFolder, 'maintenance.json'));
    const lastRuns = new Low(file, {});
    await lastRuns.read().catch((error: unknown) => {
      // It only says what need not be done again so soon.
      parts.log.warn('maintenance.json is not readable and will be written anew', { error });
    });
    return new Maintenance(parts, lastRuns);
  }

  /** What is done every so often to free the disk: retention, reclaim and compaction. */
  async reclaim(): Promise<void> {
    await this.#schedule.runNow('reclaim');
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#budgetTimer);
    await this.#schedule.close();
    await this.#makingRoom;
  }

  #tasks(): Task[] {
    const { store, verifier, log } = this.#parts;
    const { settings } = store;
    return [
      {
        name: 'reclaim',
        minutes: () => settings.current.reclaimMinutes,
        run: (signal) => this.#reclaim(signal),
      },
      {
        name: 'verify',
        minutes: () => minutesOf(settings.current.verifyDays),
        run: async (signal) => {
          const { ok, checked, damaged, missing } = await verifier.run({ rate: GENTLE_RATE, signal });
          if (ok) log.info('verified all content', checked);
          else
            log.error('verified all content, and some is damaged: see "berth verify"', { damaged, missing });
        },
      },
    ];
  }

  async #reclaim(signal: AbortSignal): Promise<void> {
    const { store, reclaimer, retainer, log } = this.#parts;
    const { rules, budget } = await retainer.run(signal);
    const report = await reclaimer.run(false, undefined, signal);
    const before = Date.now() - store.settings.current.undoDays * DAY_MS;
    await removeLeftovers(store.blobs, before);
    await store.ledger.compact(before);
    const { deletedBlobs, reclaimedBytes, expiredUploads, problems } = report;
    const facts = { rules, budget, deletedBlobs, reclaimedBytes, expiredUploads, problems };
    const isQuiet = deletedBlobs + rules.tags + rules.manifests + expiredUploads + problems.length === 0;
    if (isQuiet) log.debug('nothing to reclaim', facts);
    else log.info('reclaimed', facts);
  }

  /** The budget does not wait for the next hour, nor for the end of pushes that never end. */
  #keepBudget(pauseMs: number): void {
    if (this.#excess <= 0 || this.#closed) return;
    if (pauseMs === 0) clearTimeout(this.#budgetTimer);
    else if (this.#budgetTimer !== undefined) return;
    this.#budgetTimer = setTimeout(() => {
      this.#budgetTimer = undefined;
      this.#makingRoom = this.#makingRoom.then(() => this.#makeRoom());
    }, pauseMs).unref();
  }

  /** Bytes over the budget, as the file system counts them. */
  get #excess(): number {
    const { ledger, budget } = this.#parts.store;
    return Math.max(budget.taken, ledger.catalog.content.totalSize) - budget.limit;
  }

  async #makeRoom(): Promise<void> {
    const { store, reclaimer, retainer, roomMaker, log } = this.#parts;
    if (this.#excess <= 0 || this.#closed) return;
    try {
      await store.leases.endFinished();
      await retainer.run();
      await reclaimer.run(false);
      // Blocks of the file system are more than the bytes that a plan counts.
      if (this.#excess > 0) await roomMaker.run(this.#excess, this.#excess);
    } catch (error) {
      if (!this.#closed) log.error('could not keep to the budget', { error });
    }
  }
}

function minutesOf(days: number | null): number | null {
  return days === null ? null : days * DAY_MINUTES;
}
