import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf, fileOf, layerBytes, TestCaller, TestStore } from '../../test/domain/store.ts';
import { mountBlob, statBlob } from '../images/blobs.ts';
import { deleteRepository } from './deletion.ts';
import { planReclaim, reclaim, type ReclaimReport } from './reclaim.ts';

const ACTOR = { client: 'test' };
const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const RULES = { emptyTrash: false, undoMs: WEEK_MS, graceMs: HOUR_MS };

let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await test.close();
});

async function run(emptyTrash = false, now = Date.now()): Promise<ReclaimReport> {
  return await reclaim(test.store, await planReclaim(test.store, { ...RULES, emptyTrash }, now));
}

describe('reclaim beside pushes', () => {
  it('keeps a blob that a client was told of until its manifest has come', async () => {
    const client = new TestCaller('docker');
    await test.image('app', { tag: 'v1', layers: ['base'] });
    const base = digestOf(layerBytes('base'));
    await statBlob(test.store, 'app', base, client);
    await deleteRepository(test.store, 'app', ACTOR);
    await run(true);
    expect(await test.files()).toEqual([fileOf(base)]);
    test.caller = client;
    await test.image('app', { tag: 'v2', layers: ['base'] });
    expect(test.tags('app')).toEqual(['v2']);
  });

  it('frees what a finished push was told of as soon as that is deleted', async () => {
    await test.image('app', { tag: 'v1', layers: ['base'] });
    await statBlob(test.store, 'app', digestOf(layerBytes('base')), test.caller);
    await test.image('app', { tag: 'v2', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    await run(true);
    expect(await test.files()).toEqual([]);
  });

  it('keeps what a second push of the same program counts on when the first is done and deleted', async () => {
    const [first, second] = [new TestCaller('skopeo'), new TestCaller('skopeo')];
    const base = digestOf(layerBytes('base'));
    test.caller = first;
    await test.image('app', { tag: 'v1', layers: ['base'] });
    await statBlob(test.store, 'app', base, first);
    await statBlob(test.store, 'app', base, second);
    await test.image('app', { tag: 'v2', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    first.isOpen = false;
    await test.store.leases.working('app', second, () => run(true));
    expect(await test.files()).toEqual([fileOf(base)]);
  });

  it('frees what a finished push was told of more than once, over connections that it has closed', async () => {
    const base = digestOf(layerBytes('base'));
    for (let connection = 0; connection < 3; connection += 1) {
      test.caller = new TestCaller('docker');
      await test.blob('app', layerBytes('base'));
      await statBlob(test.store, 'app', base, test.caller);
      test.caller.isOpen = false;
    }
    test.caller = new TestCaller('docker');
    await test.image('app', { tag: 'v1', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    await run(true);
    expect(await test.files()).toEqual([]);
  });

  it('keeps what a push counts on that goes on over other connections, until it falls silent', async () => {
    const [closed, first, other] = [
      new TestCaller('docker'),
      new TestCaller('docker'),
      new TestCaller('docker'),
    ];
    const base = digestOf(layerBytes('base'));
    test.caller = first;
    await test.image('app', { tag: 'v1', layers: ['base'] });
    for (const caller of [closed, first]) await statBlob(test.store, 'app', base, caller);
    await statBlob(test.store, 'app', base, closed);
    closed.isOpen = false;
    await test.image('app', { tag: 'v2', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    await test.store.leases.working('app', other, () => run(true));
    expect(await test.files()).toEqual([fileOf(base)]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 });
    await run(true);
    expect(await test.files()).toEqual([]);
  });

  it('frees what a client asked about only to mount it elsewhere', async () => {
    await test.image('app', { tag: 'v1', layers: ['base'] });
    const base = digestOf(layerBytes('base'));
    test.caller = new TestCaller('skopeo');
    await statBlob(test.store, 'app', base, test.caller);
    await mountBlob(test.store, 'copy', base, 'app', test.caller);
    await test.image('copy', { tag: 'v1', layers: ['base'] });
    for (const repository of ['app', 'copy']) await deleteRepository(test.store, repository, ACTOR);
    await run(true);
    expect(await test.files()).toEqual([]);
  });

  it('keeps a mounted blob', async () => {
    await test.image('app', { tag: 'v1', layers: ['base'] });
    const base = digestOf(layerBytes('base'));
    expect(await mountBlob(test.store, 'other', base, 'app', test.caller)).toBe(true);
    await deleteRepository(test.store, 'app', ACTOR);
    await run(true);
    expect(await test.files()).toEqual([fileOf(base)]);
  });

  it('lets an upload bring content back at the very moment in which it goes', async () => {
    await test.image('app', { tag: 'v1', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    for (let round = 0; round < 20; round += 1) {
      await Promise.all([run(true), test.image('app', { tag: `v${round}`, layers: ['base'] })]);
      expect(await test.store.blobs.findSize(digestOf(layerBytes('base')))).toBe(1000);
      await deleteRepository(test.store, 'app', ACTOR);
    }
  });
});
