import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldJournal } from '../../test/domain/held-journal.ts';
import { digestOf, layerBytes, TestStore, type Pushed } from '../../test/domain/store.ts';
import { takeSnapshot } from '../catalog/snapshot.ts';
import { statBlob } from '../images/blobs.ts';
import { readManifest } from '../images/manifests.ts';
import { setTag } from '../images/tags.ts';
import { planBudget } from './budget-plan.ts';
import { runBudget } from './budget.ts';
import { planRetention } from './retention-plan.ts';
import { runRetention } from './retention.ts';
import { deleteManifest, deleteRepository } from '../collector/deletion.ts';
import { planReclaim, reclaim } from '../collector/reclaim.ts';
import { restore, undo } from '../collector/undo.ts';
import { DAY_MS } from '../time.ts';

const ACTOR = { client: 'test' };
let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await test.close();
});

const tagged = (tag: string): string | undefined =>
  test.store.ledger.catalog.findRepository('app')?.tags.get(tag)?.digest;

const lastChange = (): number | undefined => [...test.store.ledger.catalog.history.changes.keys()].at(-1);

/** What is asked for while `first` is on its way to the disk, both in the same write or in two. */
async function overtake<T>(
  how: 'written' | 'queued',
  first: () => Promise<unknown>,
  second: () => Promise<T>,
): Promise<T> {
  const held = new HeldJournal(test.store.ledger);
  if (how === 'queued') await held.block();
  const before = how === 'queued' ? 1 : 0;
  const one = first();
  if (how === 'written') await held.begun();
  else await held.accepted(before + 1);
  const two = second();
  two.catch(() => undefined);
  await held.accepted(before + 2);
  held.release();
  await one;
  return await two;
}

const protect = (tag: string) => () => setTag(test.store, 'app', tag, { protected: true }, ACTOR);

describe.each(['written', 'queued'] as const)('what is asked for while another record is %s', (how) => {
  let first: Pushed;
  let change: number | undefined;

  beforeEach(async () => {
    // What follows is only manifests: their blobs are here.
    await test.image('app', { tag: 'other', layers: ['base'], config: 'same' });
    first = await test.image('app', { tag: 'v1', layers: ['base'], config: 'first' });
    change = lastChange();
    await test.image('app', { layers: ['base'], config: 'next' });
  });
  afterEach(async () => {
    await test.store.observations.flush();
    const live = JSON.stringify(takeSnapshot(test.store.ledger.catalog));
    test = await test.reopen();
    expect(JSON.stringify(takeSnapshot(test.store.ledger.catalog)) === live).toBe(true);
  });

  const next = () => test.image('app', { tag: 'v1', layers: ['base'], config: 'next' });

  it('undo refuses a tag that moves, and writes nothing', async () => {
    await expect(overtake(how, next, () => undo(test.store, change, ACTOR))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('was changed again since') as string,
    });
    expect(tagged('v1')).not.toBe(first.digest);
    expect([...test.store.ledger.catalog.history.changes.values()].at(-1)?.undoOf).toBeUndefined();
  });

  it('undo takes back what was the last change when it was asked for', async () => {
    await test.image('app', { tag: 'v2', layers: ['base'], config: 'first' });
    const asked = lastChange();
    const { undone } = await overtake(
      how,
      () => test.image('app', { tag: 'v3', layers: ['base'], config: 'first' }),
      () => undo(test.store, undefined, ACTOR),
    );
    expect(undone).toBe(asked);
    expect([tagged('v2'), tagged('v3')]).toEqual([undefined, first.digest]);
  });

  it('undo of what is undone already refuses', async () => {
    const again = () => undo(test.store, change, ACTOR);
    await expect(overtake(how, again, again)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('deleting a manifest leaves a tag that moves away from it', async () => {
    const { tags } = await overtake(how, next, () => deleteManifest(test.store, 'app', first.digest, ACTOR));
    expect(tags).toBe(0);
    expect(tagged('v1')).toBeDefined();
    expect(test.has('app', first)).toBe(false);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['deleting the tag', () => deleteManifest(test.store, 'app', 'v1', ACTOR)],
    ['deleting its manifest', () => deleteManifest(test.store, 'app', first.digest, ACTOR)],
    ['deleting its repository', () => deleteRepository(test.store, 'app', ACTOR)],
    ['undoing its push', () => undo(test.store, change, ACTOR)],
    [
      'restoring another state',
      () => restore(test.store, { repository: 'app', tag: 'v1', at: older() }, ACTOR),
    ],
    ['pushing another image', () => next()],
  ])('%s is refused when the tag gets protected', async (_, attempt) => {
    await expect(overtake(how, protect('v1'), attempt)).rejects.toMatchObject({ code: 'TAG_PROTECTED' });
    expect(tagged('v1')).toBe(first.digest);
  });

  const older = () =>
    test.store.ledger.catalog.findRepository('app')?.tags.get('other')?.digest ?? first.digest;

  it('a tag that is being deleted is not there to be deleted, nor to be protected', async () => {
    const remove = () => deleteManifest(test.store, 'app', 'v1', ACTOR);
    await expect(overtake(how, remove, remove)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' });
    const removeOther = () => deleteManifest(test.store, 'app', 'other', ACTOR);
    await expect(overtake(how, removeOther, protect('other'))).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    });
  });

  it('nothing is restored that is being dropped', async () => {
    await deleteManifest(test.store, 'app', first.digest, ACTOR);
    const plan = await planReclaim(test.store, { emptyTrash: true, undoMs: 0, graceMs: DAY_MS });
    const at = first.digest;
    await expect(
      overtake(
        how,
        () => reclaim(test.store, plan),
        () => restore(test.store, { repository: 'app', tag: 'v1', at }, ACTOR),
      ),
    ).rejects.toMatchObject({ message: expect.stringContaining('was reclaimed') as string });
  });

  it('an index is refused whose platform is being deleted', async () => {
    const platform = await test.image('app', { layers: ['base'] });
    await expect(
      overtake(
        how,
        () => deleteManifest(test.store, 'app', platform.digest, ACTOR),
        () => test.index('app', 'multi', [platform]),
      ),
    ).rejects.toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
  });
});

describe('pushes side by side', () => {
  it('share a write, but for those of the same tag', async () => {
    const images = async (...tags: string[]): Promise<number> => {
      for (const tag of tags) await test.image('app', { config: tag });
      const { ledger } = test.store;
      const before = ledger.journal.syncs;
      const held = new HeldJournal(ledger);
      await held.block();
      const pushes = tags.map((tag) => test.image('app', { tag, config: tag }));
      await held.accepted(1 + tags.length);
      held.release();
      await Promise.all(pushes);
      return ledger.journal.syncs - before - 1;
    };
    expect(await images('a', 'b', 'c', 'd')).toBe(1);
    expect(await images('e', 'e')).toBe(2);
  });
});

describe('what a client is told while it is being taken away', () => {
  let platform: Pushed;
  const head = () => readManifest(test.store, 'app', platform.digest, test.caller, 'existence');

  beforeEach(async () => {
    platform = await test.image('app', { tag: 'v1', layers: ['base'] });
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
  });

  async function takeAway(by: 'reclaim' | 'budget' | 'retention'): Promise<() => Promise<unknown>> {
    const { store } = test;
    if (by === 'reclaim') {
      const plan = await planReclaim(store, { emptyTrash: true, undoMs: 0, graceMs: 0 }, Date.now() + 1);
      return () => reclaim(store, plan);
    }
    if (by === 'budget') {
      await store.settings.change({ budget: 1 });
      const plan = await planBudget(store, Date.now() + DAY_MS);
      await store.settings.change({ budget: null });
      return () => runBudget(store, plan);
    }
    platform = await test.image('app', { layers: ['base'] });
    await store.leases.prune();
    store.leases.revoke('app', platform.digest);
    const now = Date.now() + 100 * DAY_MS;
    const plan = await planRetention(store, store.settings.current, now);
    return () => runRetention(store, plan, now);
  }

  it.each(['reclaim', 'budget', 'retention'] as const)('is what is so after the %s', async (by) => {
    const run = await takeAway(by);
    await store().observations.flush();
    const held = new HeldJournal(store().ledger);
    const running = run();
    await held.begun();
    expect(store().ledger.isLeaving('app', platform.digest)).toBe(true);
    const asked = head();
    asked.catch(() => undefined);
    held.release();
    await expect(asked).rejects.toMatchObject({
      code: expect.stringMatching(/(MANIFEST|NAME)_UNKNOWN/) as string,
    });
    await running;
    expect(test.has('app', platform)).toBe(false);
  });

  it.each(['reclaim', 'budget', 'retention'] as const)(
    'stays if the %s is still to be decided',
    async (by) => {
      const run = await takeAway(by);
      await store().observations.flush();
      const held = new HeldJournal(store().ledger);
      await held.block();
      const running = run();
      await held.accepted(2);
      expect((await head()).manifest.digest).toBe(platform.digest);
      held.release();
      await running;
      expect(test.has('app', platform)).toBe(true);
      await test.index('app', 'multi', [platform]);
    },
  );

  it('stays if it could not be written that it goes', async () => {
    const run = await takeAway('reclaim');
    const held = new HeldJournal(store().ledger);
    const running = run();
    await held.begun();
    const asked = head();
    held.fail(new Error('the disk failed'));
    await expect(running).rejects.toThrow('the disk failed');
    expect((await asked).manifest.digest).toBe(platform.digest);
    await test.index('app', 'multi', [platform]);
  });

  it('is so of a blob, too', async () => {
    const base = digestOf(layerBytes('base'));
    await reclaim(store(), await planReclaim(store(), { emptyTrash: true, undoMs: 0, graceMs: DAY_MS }));
    await test.blob('app', layerBytes('base'));
    await test.image('app', { layers: ['base'], tag: 'v2' });
    const record = { op: 'blob.unlink', repository: 'app', digest: base } as const;
    const held = new HeldJournal(store().ledger);
    const running = store().ledger.commit(ACTOR, record);
    await held.begun();
    const asked = statBlob(store(), 'app', base, test.caller);
    asked.catch(() => undefined);
    held.release();
    await running;
    await expect(asked).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });
  });

  const store = () => test.store;
});
