import type { Reclaimer } from '../collector/reclaimer.ts';
import { SETTLE_LOOK_MS, SETTLE_MS } from '../collector/reclaim.ts';
import type { Store } from '../images/store.ts';
import type { Retainer } from './retainer.ts';

/** Makes room within the budget for what is about to come: what goes anyway first, then what the budget takes. */
export class RoomMaker {
  readonly #store: Store;
  readonly #retainer: Retainer;
  readonly #reclaimer: Reclaimer;

  constructor(store: Store, retainer: Retainer, reclaimer: Reclaimer) {
    this.#store = store;
    this.#retainer = retainer;
    this.#reclaimer = reclaimer;
  }

  /**
   * @param over bytes without which nothing is given up
   * @param wanted bytes that others wait for as well
   * @returns bytes that are protected or in use
   */
  async run(over: number, wanted: number): Promise<number> {
    const { budget, leases } = this.#store;
    const { limit, taken } = budget;
    // Somebody may set another limit meanwhile: nothing is given up for one that does not hold any more.
    const target = (): number => taken - over + (budget.limit - limit);
    const isDone = (): boolean => budget.taken <= target();
    await this.#reclaimer.run(false, undefined, undefined, 0);
    const deadline = Date.now() + SETTLE_MS;
    for (;;) {
      if (isDone()) return budget.taken;
      await leases.endFinished();
      const left = budget.taken - target();
      const bytes = await this.#retainer.makeRoom(left, wanted - over + left);
      await this.#reclaimer.run(false, undefined, undefined, SETTLE_LOOK_MS);
      if (isDone()) return budget.taken;
      if (!leases.isSettling || Date.now() > deadline) return Math.max(0, budget.taken - bytes);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS));
    }
  }
}
