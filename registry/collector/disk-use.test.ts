import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestStore } from '../../test/domain/store.ts';
import { deleteManifest } from './deletion.ts';
import { DiskMeter, shareOut } from './disk-use.ts';
import { Reclaimer } from './reclaimer.ts';

const ACTOR = { client: 'test' };

let test: TestStore;
let reclaimer: Reclaimer;

beforeEach(async () => {
  test = await TestStore.open();
  reclaimer = new Reclaimer(test.store, () => 7);
  await test.image('app', { tag: 'v1', layers: ['base'] });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await test.close();
});

const trashOf = async (meter: DiskMeter) => (await meter.read()).content.trash;
const remove = () => deleteManifest(test.store, 'app', 'v1', ACTOR);

describe('DiskMeter', () => {
  it('does not answer with what was being measured before a deletion', async () => {
    const meter = new DiskMeter(test.store, reclaimer);
    const plan = reclaimer.plan.bind(reclaimer);
    let [began, goOn] = [() => {}, () => {}];
    const underWay = new Promise<void>((resolve) => (began = resolve));
    const held = new Promise<void>((resolve) => (goOn = resolve));
    vi.spyOn(reclaimer, 'plan').mockImplementationOnce(async (emptyTrash) => {
      const planned = await plan(emptyTrash);
      began();
      await held;
      return planned;
    });
    const before = meter.read();
    await underWay;
    await remove();
    const after = trashOf(meter);
    goOn();
    await before;
    expect(await after).toBeGreaterThan(0);
  });

  it('measures anew after a deletion and after a reclaim, and tells of the reclaim', async () => {
    const meter = new DiskMeter(test.store, reclaimer);
    const told = vi.fn<() => void>();
    meter.subscribe(told);
    expect(await trashOf(meter)).toBe(0);
    await remove();
    expect(await trashOf(meter)).toBeGreaterThan(0);
    expect(told).not.toHaveBeenCalled();
    await reclaimer.run(true);
    expect(told).toHaveBeenCalledOnce();
    expect(await meter.read()).toMatchObject({ parts: { content: 0 }, content: { trash: 0 } });
  });

  it('gives older figures of a folder that takes long, and tells when newer ones can be had', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const meter = new DiskMeter(test.store, reclaimer);
    const told = vi.fn<() => void>();
    meter.subscribe(told);
    const plan = reclaimer.plan.bind(reclaimer);
    vi.spyOn(reclaimer, 'plan').mockImplementation(async (emptyTrash) => {
      vi.advanceTimersByTime(1000);
      return await plan(emptyTrash);
    });
    expect(await trashOf(meter)).toBe(0);
    await remove();
    expect([await trashOf(meter), await trashOf(meter)]).toEqual([0, 0]);
    vi.advanceTimersByTime(9000);
    expect(told).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1001);
    expect(told).toHaveBeenCalledOnce();
    expect(await trashOf(meter)).toBeGreaterThan(0);
  });
});

describe('shareOut', () => {
  it('calls nothing another program’s that the file system keeps for itself', () => {
    const ext4 = { blocks: 1000, bfree: 400, bavail: 350, bsize: 4096 };
    const shares = shareOut(ext4, 100 * 4096);
    expect(shares).toEqual({
      total: 1000 * 4096,
      used: 100 * 4096,
      others: 500 * 4096,
      reserved: 50 * 4096,
      free: 350 * 4096,
    });
  });

  it('makes nothing up where a file system says nothing of its size', () => {
    const shares = shareOut({ blocks: 0, bfree: 0, bavail: 0, bsize: 4096 }, 5000);
    expect(shares).toEqual({ total: 0, used: 5000, others: 0, reserved: 0, free: 0 });
  });
});
