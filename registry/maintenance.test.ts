import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestStore } from '../test/domain/store.ts';
import { Reclaimer } from './collector/reclaimer.ts';
import { Retainer } from './retention/retainer.ts';
import { Verifier } from './verify/verify.ts';
import { silentLog } from './log.ts';
import { Maintenance } from './maintenance.ts';

let test: TestStore;
let maintenance: Maintenance;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  test = await TestStore.open(undefined, { budget: 1 });
});
afterEach(async () => {
  vi.useRealTimers();
  await maintenance.close();
  await test.close();
});

describe('Maintenance', () => {
  it('keeps to the budget also while pushes never pause', async () => {
    const { store, folder } = test;
    // As if the budget had been set lower just after there was room.
    vi.spyOn(store.budget, 'take').mockResolvedValue();
    const retainer = new Retainer(store);
    const run = vi.spyOn(retainer, 'run');
    const parts = {
      store,
      retainer,
      reclaimer: new Reclaimer(store, () => 0),
      verifier: new Verifier(store),
    };
    maintenance = await Maintenance.start({ ...parts, log: silentLog(), dataFolder: folder });
    for (let second = 0; second < 4; second += 1) {
      await test.image('app', { tag: 'latest' });
      vi.advanceTimersByTime(1000);
    }
    expect(run).toHaveBeenCalled();
  });
});
