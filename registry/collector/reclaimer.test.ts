import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf, layerBytes, TestCaller, TestStore } from '../../test/domain/store.ts';
import { deleteRepository } from './deletion.ts';
import { Reclaimer } from './reclaimer.ts';

const ACTOR = { client: 'test' };
const EIGHT_DAYS_MS = 8 * 24 * 3_600_000;

let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await test.close();
});

describe('Reclaimer', () => {
  it('keeps what lost its tag and was pulled a moment ago, of which there need be no record', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const old = await test.image('app', { tag: 'latest' });
    await test.image('app', { tag: 'latest' });
    vi.setSystemTime(Date.now() + EIGHT_DAYS_MS);
    test.store.observations.pulled('app', old.digest);
    const { seq } = test.store.ledger.journal;
    await new Reclaimer(test.store, () => 7).run(false);
    expect(test.has('app', old)).toBe(true);
    expect(test.store.ledger.journal.seq).toBe(seq);
  });

  it('waits for a client that has finished, and frees what only its promises kept', async () => {
    const { leases } = test.store;
    await test.image('app', { tag: 'v1', layers: ['base'] });
    const [other] = [new TestCaller('test')];
    leases.tell('app', digestOf(layerBytes('base')), other, true);
    await deleteRepository(test.store, 'app', ACTOR);
    await leases.working('app', other, async () => undefined);
    const reclaimed = new Reclaimer(test.store, () => 0).run(true);
    setTimeout(() => {
      other.isOpen = false;
    }, 300);
    await reclaimed;
    expect(await test.files()).toEqual([]);
  });

  it('leaves every file alone once it is closed', async () => {
    await test.image('app', { tag: 'v1', layers: ['base', 'app'] });
    await deleteRepository(test.store, 'app', ACTOR);
    const reclaimer = new Reclaimer(test.store, () => 0);
    const underWay = reclaimer.run(true);
    await reclaimer.close();
    await expect(underWay).rejects.toThrow('stopping');
    await expect(reclaimer.run(true)).rejects.toThrow('stopping');
    expect((await test.files()).length).toBe(4);
  });
});
