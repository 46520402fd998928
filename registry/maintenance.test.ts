import { afterEach, describe, expect, it, vi } from 'vitest';
import { TestStore } from '../test/domain/store.ts';
import { Reclaimer } from './collector/reclaimer.ts';
import { setTag } from './images/tags.ts';
import { Retainer } from './retention/retainer.ts';
import { RoomMaker } from './retention/room-maker.ts';
import { Verifier } from './verify/verify.ts';
import { silentLog } from './log.ts';
import { Maintenance } from './maintenance.ts';

let test: TestStore;
let maintenance: Maintenance;

afterEach(async () => {
  vi.useRealTimers();
  await maintenance.close();
  await test.close();
});

async function start(): Promise<{ readonly retainer: Retainer }> {
  const { store, folder } = test;
  const [retainer, reclaimer] = [new Retainer(store), new Reclaimer(store, () => 0)];
  const roomMaker = new RoomMaker(store, retainer, reclaimer);
  const parts = { store, retainer, reclaimer, roomMaker, verifier: new Verifier(store) };
  maintenance = await Maintenance.start({ ...parts, log: silentLog(), dataFolder: folder });
  return { retainer };
}

describe('Maintenance', () => {
  it('keeps to the budget also while pushes never pause', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    test = await TestStore.open(undefined, { budget: 1 });
    // As if the budget had been set lower just after there was room.
    vi.spyOn(test.store.budget, 'take').mockResolvedValue();
    const { retainer } = await start();
    const run = vi.spyOn(retainer, 'run');
    for (let second = 0; second < 4; second += 1) {
      await test.image('app', { tag: 'latest' });
      vi.advanceTimersByTime(1000);
    }
    expect(run).toHaveBeenCalled();
  });

  it('meets a budget that is set below what is there at once, oldest first, protected tags excepted', async () => {
    test = await TestStore.open();
    const { store } = test;
    await start();
    for (const tag of ['kept', 'old', 'new']) await test.image('app', { tag, layers: [tag] });
    await setTag(store, 'app', 'kept', { protected: true }, {});
    const { taken } = store.budget;
    await store.settings.change({ budget: taken - 1 });
    await expect.poll(() => store.budget.taken, { timeout: 20_000 }).toBeLessThan(taken);
    expect(test.tags('app')).toEqual(['kept', 'new']);
  });
});
