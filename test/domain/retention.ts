import { vi } from 'vitest';
import { describeReason } from '../../registry/retention/reason.ts';
import { planRetention, type RetentionPlan } from '../../registry/retention/retention-plan.ts';
import { runRetention, type RetentionReport } from '../../registry/retention/retention.ts';
import type { Settings } from '../../registry/settings.ts';
import { TestStore } from './store.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const START = Date.parse('2026-01-01T00:00:00Z');
export const ACTOR = { client: 'test' };

/** A store whose days pass when the test says so. */
export class Days {
  readonly test: TestStore;

  private constructor(test: TestStore) {
    this.test = test;
  }

  static async begin(): Promise<Days> {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    return new Days(await TestStore.open());
  }

  async end(): Promise<void> {
    vi.useRealTimers();
    await this.test.close();
  }

  later(ms: number): void {
    vi.setSystemTime(Date.now() + ms);
  }

  async set(settings: Partial<Settings>): Promise<void> {
    await this.test.store.settings.change(settings);
  }

  async plan(): Promise<RetentionPlan> {
    const { store } = this.test;
    return await planRetention(store, store.settings.current, Date.now());
  }

  async run(): Promise<RetentionReport> {
    return await runRetention(this.test.store, await this.plan());
  }

  /** `repository:tag`, each one a minute newer than the one before. */
  async push(...names: string[]): Promise<void> {
    for (const name of names) {
      const [repository = '', tag] = name.split(':');
      await this.test.image(repository, tag === undefined ? {} : { tag });
      this.later(MINUTE);
    }
  }

  async protect(repository: string, tag: string): Promise<void> {
    await this.test.store.ledger.commit(ACTOR, { op: 'tag.set', repository, tag, protected: true });
  }

  /** What is said of each tag, and of each repository's manifest that never had one. */
  async reasons(): Promise<Record<string, string>> {
    const { deletions, stays } = await this.plan();
    const all = [...deletions.flatMap(({ decisions }) => decisions), ...stays];
    return Object.fromEntries(
      all.map(({ repository, tag, reason }) => [
        tag === undefined ? repository : `${repository}:${tag}`,
        `${reason.stays ? 'stays' : 'goes'}: ${describeReason(reason)}`,
      ]),
    );
  }
}
