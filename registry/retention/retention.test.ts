import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ACTOR, DAY, Days, HOUR, MINUTE, START } from '../../test/domain/retention.ts';
import type { TestStore } from '../../test/domain/store.ts';
import type { Digest } from '../reference.ts';
import { deleteManifest } from '../collector/deletion.ts';
import { runRetention } from './retention.ts';
import { undo } from '../collector/undo.ts';

let days: Days;
let test: TestStore;

beforeEach(async () => {
  days = await Days.begin();
  ({ test } = days);
});
afterEach(() => days.end());

describe('runRetention', () => {
  it('leaves alone what a push under way counts on', async () => {
    await days.set({ untaggedDays: 0.001, retention: [{ repositories: '**', keepDays: 0.001 }] });
    const platform = await test.image('app');
    const image = await test.image('app', { tag: 'v1' });
    days.later(2 * MINUTE);
    await test.store.leases.during([image.digest], async () => {
      expect(await days.reasons()).toEqual({
        app: 'stays: a push or pull is using it',
        'app:v1': 'stays: a push or pull is using it',
      });
      expect(await days.run()).toMatchObject({ tags: 0, manifests: 0 });
    });
    days.later(2 * HOUR);
    await days.run();
    expect([platform, image].map((each) => test.has('app', each))).toEqual([false, false]);
  });

  it.each([undefined, '*.sig'])(
    'keeps what is attached and protected, by itself or by %s',
    async (pattern) => {
      const protect = pattern === undefined ? {} : { protect: [pattern] };
      await days.set({ retention: [{ repositories: '**', tags: 'v*', keepDays: 1, ...protect }] });
      const image = await test.image('app', { tag: 'v1' });
      days.later(HOUR);
      const attached = `${image.digest.replace(':', '-')}.sig`;
      await test.image('app', { tag: attached });
      await test.image('app', { tag: attached.replace('.sig', '.att') });
      if (pattern === undefined) await days.protect('app', attached);
      days.later(2 * DAY);
      await days.run();
      expect(test.tags('app')).toEqual([attached]);
    },
  );

  it('is undone exactly, and leaves what was put back alone until the undo window is over', async () => {
    await days.set({ undoDays: 7, retention: [{ repositories: 'app', keepNewest: 1 }] });
    await days.push('app:1', 'app:2', 'app:3');
    const pushedAt = test.store.ledger.catalog.findRepository('app')?.tags.get('1')?.pushedAt;
    await days.run();
    expect(test.tags('app')).toEqual(['3']);
    const history = test.store.ledger.catalog.history.timeline('app', '1');
    expect(history.at(-1)?.actor).toEqual({ client: 'berth retention' });

    await undo(test.store, undefined, ACTOR);
    expect(test.tags('app')).toEqual(['1', '2', '3']);
    expect(test.store.ledger.catalog.findRepository('app')?.tags.get('1')?.pushedAt).toBe(pushedAt);
    days.later(6 * DAY);
    await days.run();
    expect(test.tags('app')).toEqual(['1', '2', '3']);
    days.later(2 * DAY);
    await days.run();
    expect(test.tags('app')).toEqual(['3']);
  });

  it('skips what was pushed, pulled, protected or put under another rule since the plan was made', async () => {
    await days.set({ retention: [{ repositories: 'app', keepDays: 1 }] });
    await days.push('app:again', 'app:protected', 'app:plain', 'app:gone');
    const pulled = await test.image('app', { tag: 'pulled' });
    days.later(2 * DAY);
    const old = await days.plan();
    await test.image('app', { tag: 'again' });
    await test.image('app', { tag: 'unplanned' });
    test.store.observations.pulled('app', pulled.digest);
    await test.store.ledger.commit(ACTOR, {
      op: 'tag.set',
      repository: 'app',
      tag: 'protected',
      protected: true,
    });
    await deleteManifest(test.store, 'app', 'gone', ACTOR);
    expect(await runRetention(test.store, old)).toMatchObject({ tags: 1, manifests: 1, skipped: 4 });
    expect(test.tags('app')).toEqual(['again', 'protected', 'pulled', 'unplanned']);

    await days.set({ retention: [] });
    expect(await runRetention(test.store, old)).toMatchObject({ tags: 0, skipped: 5 });
  });

  it('deletes nothing that became due after the plan was made', async () => {
    await days.set({ retention: [{ repositories: 'app', tags: 'old', keepDays: 1 }] });
    await days.push('app:old', 'app:later.ttl-3d');
    days.later(2 * DAY);
    const old = await days.plan();
    days.later(2 * DAY);
    expect(await runRetention(test.store, old)).toMatchObject({ tags: 1, manifests: 1, skipped: 0 });
    expect(test.tags('app')).toEqual(['later.ttl-3d']);
  });

  it('deletes nothing that is pushed while its record is on the way to the disk', async () => {
    await days.set({ retention: [{ repositories: 'app', keepDays: 1 }] });
    const image = await test.image('app', { tag: 'v1', config: 'same' });
    days.later(2 * DAY);
    const { deletions } = await days.plan();
    const guarded = deletions.flatMap(({ before }) => Array.from(before));
    expect(guarded.map(([, before]) => before)).toEqual([START]);
    // The push reaches the journal first, although the deletion was decided before.
    await test.image('app', { tag: 'v1', config: 'same' });
    for (const [{ digest }, before] of guarded) {
      await test.store.ledger.commit(
        ACTOR,
        { op: 'tag.delete', repository: 'app', tag: 'v1', before },
        { op: 'manifest.delete', repository: 'app', digest, before },
      );
    }
    expect(test.tags('app')).toEqual(['v1']);
    expect(test.has('app', image)).toBe(true);
  });

  it('leaves what is attached to an image alone with it, if that is pushed again at the last moment', async () => {
    await days.set({ retention: [{ repositories: '**', tags: 'v*', keepDays: 1 }] });
    const image = await test.image('app', { tag: 'v1', config: 'same' });
    await test.image('app', { tag: `${image.digest.replace(':', '-')}.sig`, config: 'signature' });
    const last = await test.image('zoo', { tag: 'v1' });
    days.later(2 * DAY);
    const plan = await days.plan();
    // Between the decision about this repository and the record that deletes.
    const find = vi.spyOn(test.store.leases, 'find').mockImplementation((digest) => {
      if (digest === last.digest) putTag('app', 'v1', image.digest);
      return 'free';
    });
    await runRetention(test.store, plan);
    find.mockRestore();
    expect([test.tags('app').length, test.tags('zoo')]).toEqual([2, []]);
  });

  it('says what it frees: content that something else needs is not in it', async () => {
    await days.set({ retention: [{ repositories: 'app', tags: 'x*', keepDays: 1 }] });
    await test.image('app', { tag: 'x1', layers: ['a', 'b'], config: 'c' });
    await test.image('app', { tag: 'x2', layers: ['a', 'b', 'c'], config: 'c' });
    await test.image('other', { tag: 'v1', layers: ['a'] });
    days.later(2 * DAY);
    const before = test.store.ledger.catalog.content.totalSize;
    const { bytes, deletions } = await days.plan();
    await days.run();
    const [change = 0] = [...test.store.ledger.catalog.history.changes.keys()].slice(-1);
    expect(change).toBeGreaterThan(0);
    for (const [repository, { manifests }] of test.store.ledger.catalog.trash.repositories) {
      await test.store.ledger.commit(ACTOR, {
        op: 'drop',
        repository,
        before: Date.now(),
        trash: [...manifests.keys()],
        manifests: [],
        attached: [],
        blobs: [...(test.store.ledger.catalog.findRepository(repository)?.blobs.keys() ?? [])],
      });
    }
    expect(before - test.store.ledger.catalog.content.totalSize).toBe(bytes);
    expect(deletions.map((each) => each.bytes > 0)).toEqual([true, true]);
  });
});

/** As a push does that has reached the disk. */
function putTag(repository: string, tag: string, digest: Digest): void {
  const record = { seq: 0, batch: 0, time: Date.now(), actor: ACTOR };
  test.store.ledger.catalog.apply({ ...record, ops: [{ op: 'tag.put', repository, tag, digest }] });
}
