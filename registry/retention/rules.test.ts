import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACTOR, DAY, Days, HOUR, MINUTE } from '../../test/domain/retention.ts';
import type { TestStore } from '../../test/domain/store.ts';
import { deleteManifest } from '../collector/deletion.ts';
import { undo } from '../collector/undo.ts';

let days: Days;
let test: TestStore;

beforeEach(async () => {
  days = await Days.begin();
  ({ test } = days);
});
afterEach(() => days.end());

describe('retention rules', () => {
  it('touches nothing while there are no rules', async () => {
    await days.push('app:v1', 'app:v2');
    days.later(400 * DAY);
    expect(await days.run()).toEqual({ changes: [], tags: 0, manifests: 0, skipped: 0 });
  });

  it('keeps the newest three tags of each repository', async () => {
    await days.set({ retention: [{ repositories: 'ci/**', keepNewest: 3 }] });
    await days.push('ci/a:1', 'ci/b:1', 'ci/a:2', 'ci/a:3', 'ci/a:4', 'ci/a:5', 'other:1', 'other:2');
    days.later(HOUR);
    expect(await days.run()).toMatchObject({ tags: 2, manifests: 2, skipped: 0 });
    expect(test.tags('ci/a')).toEqual(['3', '4', '5']);
    expect(test.tags('ci/b')).toEqual(['1']);
    expect(test.tags('other')).toEqual(['1', '2']);
  });

  it('keeps what was pushed or pulled within the days of the rule, and all that is among the newest', async () => {
    await days.set({ retention: [{ repositories: '**', keepDays: 7, keepNewest: 1 }] });
    const pulled = await test.image('app', { tag: 'pulled' });
    await days.push('app:old', 'quiet:old');
    days.later(6 * DAY);
    test.store.observations.pulled('app', pulled.digest);
    await days.push('app:new');
    days.later(2 * DAY);
    await days.run();
    expect(test.tags('app')).toEqual(['new', 'pulled']);
    expect(test.tags('quiet')).toEqual(['old']);
  });

  it('counts a pull of a platform as a pull of its index', async () => {
    await days.set({ retention: [{ repositories: '**', keepDays: 7 }] });
    const platform = await test.image('app');
    await test.index('app', 'multi', [platform]);
    days.later(6 * DAY);
    test.store.observations.pulled('app', platform.digest);
    days.later(2 * DAY);
    await days.run();
    expect(test.tags('app')).toEqual(['multi']);
    days.later(6 * DAY);
    expect(await days.run()).toMatchObject({ tags: 1, manifests: 2 });
  });

  it('lets the first rule that matches decide, and keeps what none matches', async () => {
    await days.set({
      retention: [
        { repositories: 'ci/*', tags: 'main' },
        { repositories: 'ci/*', tags: 'pr-*', keepNewest: 1 },
        { repositories: 'ci/app', keepDays: 1 },
      ],
    });
    await days.push('ci/app:main', 'ci/app:pr-1', 'ci/app:pr-2', 'ci/app:dev', 'ci/web:dev');
    days.later(5 * DAY);
    expect(await days.reasons()).toEqual({
      'ci/app:main': 'stays: retention rule 1 (ci/*:main) keeps all that it matches',
      'ci/app:pr-1': 'goes: retention rule 2 (ci/*:pr-*): it is not the newest tag',
      'ci/app:pr-2': 'stays: retention rule 2 (ci/*:pr-*) keeps the newest tag of the repository',
      'ci/app:dev': 'goes: retention rule 3 (ci/app): nobody has pushed or pulled it for 1 day',
      'ci/web:dev': 'stays: no retention rule matches it',
    });
    await days.run();
    expect(test.tags('ci/app')).toEqual(['main', 'pr-2']);
  });

  it('lets no rule that only protects decide about tags', async () => {
    await days.set({
      retention: [
        { repositories: '**', protect: ['release-*'] },
        { repositories: '**', keepNewest: 1 },
      ],
    });
    await days.push('app:release-1', 'app:1', 'app:2');
    await days.run();
    expect(test.tags('app')).toEqual(['2', 'release-1']);
  });

  it('never touches what is protected, and does not count it among the newest', async () => {
    await days.set({ retention: [{ repositories: '**', keepNewest: 1, protect: ['release-*'] }] });
    await days.push('app:1', 'app:pinned', 'app:2', 'app:release-1');
    await test.store.ledger.commit(ACTOR, {
      op: 'tag.set',
      repository: 'app',
      tag: 'pinned',
      protected: true,
      expiresAt: Date.now() + MINUTE,
    });
    days.later(500 * DAY);
    await days.run();
    expect(test.tags('app')).toEqual(['2', 'pinned', 'release-1']);
  });

  it('refuses pushes over and deletions of a tag that a pattern protects', async () => {
    await days.set({ retention: [{ repositories: 'app', protect: ['release-*'] }] });
    const first = await test.image('app', { tag: 'release-1', config: 'one' });
    await test.image('app', { tag: 'release-1', config: 'one' });
    await expect(test.image('app', { tag: 'release-1', config: 'two' })).rejects.toMatchObject({
      code: 'TAG_PROTECTED',
      message:
        'The tag app:release-1 is protected. To change it, take the pattern "release-*" out of retention rule 1 first.',
    });
    for (const reference of ['release-1', first.digest]) {
      await expect(deleteManifest(test.store, 'app', reference, ACTOR)).rejects.toMatchObject({
        code: 'TAG_PROTECTED',
      });
    }
    await expect(undo(test.store, undefined, ACTOR)).rejects.toMatchObject({ code: 'TAG_PROTECTED' });
    expect(test.tags('app')).toEqual(['release-1']);
  });

  it('takes one of two tags of a digest alone', async () => {
    await days.set({ retention: [{ repositories: 'app', tags: 'pr-*', keepDays: 1 }] });
    const image = await test.image('app', { tag: 'pr-1', config: 'same' });
    await test.image('app', { tag: 'v1', config: 'same' });
    days.later(2 * DAY);
    const { deletions } = await days.plan();
    expect(deletions).toMatchObject([{ manifests: [], bytes: 0 }]);
    expect(await days.run()).toMatchObject({ tags: 1, manifests: 0 });
    expect(test.tags('app')).toEqual(['v1']);
    expect(test.has('app', image)).toBe(true);
  });

  it('takes a manifest with the last of its tags, its platforms and what is attached to it', async () => {
    await days.set({ retention: [{ repositories: 'app', keepNewest: 1 }] });
    const shared = await test.image('app');
    const platform = await test.image('app');
    const old = await test.index('app', 'old', [shared, platform]);
    const signature = await test.image('app', { subject: old });
    const stem = old.digest.replace(':', '-');
    const cosign = await test.image('app', { tag: `${stem}.sig` });
    days.later(MINUTE);
    await test.index('app', 'new', [shared]);
    days.later(2 * HOUR);
    await days.run();
    expect(test.tags('app')).toEqual(['new']);
    const there = [shared, platform, old, signature, cosign].map((each) => test.has('app', each));
    expect(there).toEqual([true, false, false, false, false]);
  });

  it('takes platforms that go with the last of several indexes, in whatever order', async () => {
    await days.set({ retention: [{ repositories: 'app', tags: 'x*', keepDays: 1 }] });
    const platform = await test.image('app', { tag: 'x-amd64' });
    await test.index('app', 'x-one', [platform]);
    await test.index('app', 'x-two', [platform, await test.image('app')]);
    days.later(2 * DAY);
    expect(await days.run()).toMatchObject({ tags: 3, manifests: 4 });
    expect(test.tags('app')).toEqual([]);
  });

  it('leaves a platform, without its tag, to an index that stays', async () => {
    await days.set({ retention: [{ repositories: 'app', tags: 'amd64', keepDays: 1 }] });
    const platform = await test.image('app', { tag: 'amd64' });
    await test.index('app', 'latest', [platform]);
    days.later(2 * DAY);
    await days.run();
    expect(test.tags('app')).toEqual(['latest']);
    expect(test.has('app', platform)).toBe(true);
  });

  it('ends a tag with a lifetime in its name, and begins that anew with each push', async () => {
    await days.set({ retention: [{ repositories: '**', keepNewest: 10 }] });
    await days.push('app:pr-1.ttl-2d', 'app:pr-2.ttl-2d', 'app:set-ttl-2d', 'app:v1');
    days.later(DAY);
    await days.push('app:pr-2.ttl-2d');
    expect((await days.reasons())['app:pr-2.ttl-2d']).toMatch(
      /^stays: it has a lifetime of its own, until 2026-01-04/,
    );
    days.later(DAY + HOUR);
    await days.run();
    expect(test.tags('app')).toEqual(['pr-2.ttl-2d', 'set-ttl-2d', 'v1']);
    days.later(DAY);
    await days.run();
    expect(test.tags('app')).toEqual(['set-ttl-2d', 'v1']);
  });

  it('deletes what never had a tag so long after its last push or pull', async () => {
    await days.set({
      untaggedDays: 30,
      retention: [
        { repositories: 'ci/*', untaggedDays: 2 },
        { repositories: 'keep', untaggedDays: null },
      ],
    });
    const pulled = await test.image('app');
    await days.push('app', 'ci/app', 'keep');
    const lost = await test.image('app', { tag: 'moved' });
    await deleteManifest(test.store, 'app', 'moved', ACTOR);
    days.later(3 * DAY);
    expect(await days.run()).toMatchObject({ manifests: 1 });
    expect(test.store.ledger.catalog.findRepository('ci/app')?.manifests.size ?? 0).toBe(0);
    test.store.observations.pulled('app', pulled.digest);
    days.later(29 * DAY);
    expect(await days.run()).toMatchObject({ manifests: 1 });
    expect([pulled, lost].map((each) => test.has('app', each))).toEqual([true, true]);
    expect(test.store.ledger.catalog.findRepository('keep')?.manifests.size).toBe(1);
  });
});
