import { RegistryError } from '../error.ts';
import type { Store } from '../images/store.ts';
import type { Settings } from '../settings.ts';
import { planBudget, planRoom, type BudgetPlan } from './budget-plan.ts';
import { runBudget, type BudgetReport } from './budget.ts';
import { planRetention, type RetentionPlan } from './retention-plan.ts';
import { runRetention, type RetentionReport } from './retention.ts';

export interface RetainerPlan {
  readonly rules: RetentionPlan;
  /** Of this moment: a run asks for it again when the rules have done their part. */
  readonly budget: BudgetPlan;
}

export interface RetainerReport {
  readonly rules: RetentionReport;
  readonly budget: BudgetReport & Pick<BudgetPlan, 'limit' | 'short'>;
}

/** Plans and carries out retention, one run at a time: first the rules, then the budget. */
export class Retainer {
  readonly #store: Store;
  #last: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * @param only about this repository, if given; the budget is about all
   * @param retention rules in place of those in force
   */
  async plan(only?: string, retention?: Settings['retention']): Promise<RetainerPlan> {
    const now = Date.now();
    const { current } = this.#store.settings;
    const settings = retention === undefined ? current : { ...current, retention };
    const rules = await planRetention(this.#store, settings, now, only);
    return { rules, budget: await planBudget(this.#store, now) };
  }

  /** Plans anew when it is its turn, and does what it planned. */
  run(signal?: AbortSignal): Promise<RetainerReport> {
    const stop = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]);
    const run = this.#last.then(() => this.#run(stop));
    this.#last = run.catch(() => undefined);
    return run;
  }

  /**
   * The budget's part alone: gives up what frees so many bytes, or nothing if that cannot be.
   *
   * @param wanted bytes that would be good to have as well
   * @returns bytes that can be given up
   */
  makeRoom(over: number, wanted: number): Promise<number> {
    const run = this.#last.then(async () => {
      this.#closing.signal.throwIfAborted();
      const store = this.#store;
      const now = Date.now();
      let plan = await planRoom(store, now, Math.max(over, wanted));
      if (plan.short > 0) plan = await planRoom(store, now, over);
      if (plan.short === 0) await runBudget(store, plan, this.#closing.signal);
      return plan.bytes;
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Stops between two records. */
  async close(): Promise<void> {
    this.#closing.abort(new RegistryError('UNAVAILABLE', 'The registry is stopping.'));
    await this.#last;
  }

  async #run(signal: AbortSignal): Promise<RetainerReport> {
    signal.throwIfAborted();
    const store = this.#store;
    const now = Date.now();
    const plan = await planRetention(store, store.settings.current, now);
    const rules = await runRetention(store, plan, now, signal);
    const budget = await planBudget(store, now);
    const { limit, short } = budget;
    return { rules, budget: { ...(await runBudget(store, budget, signal)), limit, short } };
  }
}
