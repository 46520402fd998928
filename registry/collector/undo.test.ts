import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, layerBytes, TestStore } from '../../test/domain/store.ts';
import { History, type Effect } from '../catalog/history.ts';
import type { Operation } from '../catalog/operation.ts';
import { takeSnapshot } from '../catalog/snapshot.ts';
import { deleteBlob } from '../images/blobs.ts';
import { deleteManifest, deleteRepository } from './deletion.ts';
import { planReclaim, reclaim } from './reclaim.ts';
import { parseRestorePoint, restore, summarize, undo } from './undo.ts';

const ACTOR = { client: 'test' };
let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(() => test.close());

/** Tags and manifests of every repository: what a client can see. */
function visible(): string {
  return JSON.stringify(
    takeSnapshot(test.store.ledger.catalog).repositories.map(({ name, tags, manifests, blobs }) => ({
      name,
      tags: tags.map(([tag, digest]) => `${tag} ${digest}`).sort(),
      manifests: manifests.map(({ digest }) => digest).sort(),
      blobs: blobs.map(([digest]) => digest).sort(),
    })),
  );
}

async function emptyTrash(): Promise<void> {
  const rules = { emptyTrash: true, undoMs: 0, graceMs: 0 };
  await reclaim(test.store, await planReclaim(test.store, rules));
}

describe('undo', () => {
  it.each([
    ['a deleted tag', () => deleteManifest(test.store, 'app', 'v1', ACTOR)],
    ['an overwritten tag', () => test.image('app', { tag: 'v1', config: 'new' })],
    ['a deleted repository', () => deleteRepository(test.store, 'app', ACTOR)],
    ['a pushed tag', () => test.image('app', { tag: 'v9', config: 'old' })],
    [
      'a deleted index with its platforms',
      () =>
        deleteManifest(
          test.store,
          'app',
          test.store.ledger.catalog.findRepository('app')?.tags.get('multi')?.digest ?? '',
          ACTOR,
        ),
    ],
    [
      'a protection',
      () => test.store.ledger.commit(ACTOR, { op: 'tag.set', repository: 'app', tag: 'v1', protected: true }),
    ],
  ])('takes back %s exactly, and can be taken back itself', async (_, change) => {
    await test.image('app', { tag: 'v1', config: 'old', layers: ['base'] });
    await test.image('app', { tag: 'v2', layers: ['base'] });
    await test.index('app', 'multi', [await test.image('app'), await test.image('app')]);
    // Blobs that a new image brings stay linked, which nobody can see by pulling.
    await test.image('app', { tag: 'v0', config: 'new' });
    await deleteManifest(test.store, 'app', 'v0', ACTOR);
    const before = visible();
    await change();
    const after = visible();
    const { change: undone } = await undo(test.store, undefined, ACTOR);
    expect(visible()).toBe(before);
    await undo(test.store, undone, ACTOR);
    expect(visible()).toBe(after);
  });

  it('walks back without a number, over undos and what they took back', async () => {
    for (const tag of ['v1', 'v2', 'v3']) await test.image('app', { tag });
    await deleteManifest(test.store, 'app', 'v2', ACTOR);
    const back = async (): Promise<readonly string[]> => {
      await undo(test.store, undefined, ACTOR);
      return test.tags('app');
    };
    expect(await back()).toEqual(['v1', 'v2', 'v3']);
    expect(await back()).toEqual(['v1', 'v2']);
    const { change } = await undo(test.store, undefined, ACTOR);
    expect(test.tags('app')).toEqual(['v1']);
    await undo(test.store, change, ACTOR);
    expect(await back()).toEqual(['v1']);
    expect(await back()).toEqual([]);
    await expect(back()).rejects.toThrow('There is nothing to undo.');
  });

  it('survives a restart', async () => {
    await test.image('app', { tag: 'v1' });
    await deleteRepository(test.store, 'app', ACTOR);
    test = await test.reopen();
    await undo(test.store, undefined, ACTOR);
    expect(test.tags('app')).toEqual(['v1']);
  });

  it('refuses where the tag has moved on since, and says so', async () => {
    await test.image('app', { tag: 'v1' });
    await test.image('app', { tag: 'v1' });
    const [, second] = [...test.store.ledger.catalog.history.changes.keys()];
    await test.image('app', { tag: 'v1' });
    await expect(undo(test.store, second, ACTOR)).rejects.toThrow(/app:v1 was changed again since/);
  });

  it('leaves alone what was pushed since to a repository that it takes back whole', async () => {
    await test.image('app', { tag: 'v1', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    const { change } = await undo(test.store, undefined, ACTOR);
    const image = await test.image('app', { tag: 'v2', layers: ['base'] });
    await undo(test.store, change, ACTOR);
    expect(test.tags('app')).toEqual(['v2']);
    expect([...(test.store.ledger.catalog.findRepository('app')?.blobs.keys() ?? [])]).toContain(
      digestOf(layerBytes('base')),
    );
    expect(test.has('app', image)).toBe(true);
  });

  it('leaves a blob that was put back with the image that was pushed of it since', async () => {
    await deleteBlob(test.store, 'app', await test.blob('app', layerBytes('base')), ACTOR);
    const { change } = await undo(test.store, undefined, ACTOR);
    await test.image('app', { tag: 'v1', layers: ['base'] });
    await expect(undo(test.store, change, ACTOR)).rejects.toThrow(`Nothing of change ${change} is left`);
    expect(test.store.ledger.catalog.findRepository('app')?.blobs.size).toBe(2);
  });

  it('refuses to put back a repository where one of its tags has come again', async () => {
    await test.image('app', { tag: 'v1' });
    const { change } = await deleteRepository(test.store, 'app', ACTOR);
    await test.image('app', { tag: 'v1' });
    await expect(undo(test.store, change ?? 0, ACTOR)).rejects.toThrow(/app:v1 was changed again since/);
  });

  it('refuses what was undone already', async () => {
    await test.image('app', { tag: 'v1' });
    const { undone } = await undo(test.store, undefined, ACTOR);
    await expect(undo(test.store, undone, ACTOR)).rejects.toThrow(/was undone already/);
  });

  it('says that reclaimed content is gone', async () => {
    await test.image('app', { tag: 'v1' });
    await deleteRepository(test.store, 'app', ACTOR);
    await emptyTrash();
    await expect(undo(test.store, undefined, ACTOR)).rejects.toThrow(/was reclaimed/);
  });

  it('has nothing to do in a new registry', async () => {
    await expect(undo(test.store, undefined, ACTOR)).rejects.toThrow('There is nothing to undo.');
  });
});

describe('summarize', () => {
  it('tells pushed from tagged, and both from restored', async () => {
    const { ledger } = test.store;
    const last = (): string => {
      const change = [...ledger.catalog.history.changes.values()].at(-1);
      return change === undefined ? '' : summarize(change);
    };
    const { digest } = await test.image('app', { tag: 'v1' });
    expect(last()).toBe('pushed app:v1');
    await ledger.commit(ACTOR, { op: 'tag.put', repository: 'app', tag: 'v2', digest });
    expect(last()).toBe('tagged app:v2');
    const { change } = await deleteManifest(test.store, 'app', digest, ACTOR);
    await undo(test.store, undefined, ACTOR);
    expect(last()).toBe(`undid change ${change}: restored app:v2 and 1 more`);
    await test.image('app', { tag: 'v1' });
    expect(last()).toBe('moved app:v1');
    const { change: undone, undone: moved } = await undo(test.store, undefined, ACTOR);
    expect(last()).toBe(`undid change ${moved}: moved app:v1 back`);
    await undo(test.store, undone, ACTOR);
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    await restore(test.store, { repository: 'app', tag: 'v1', at: digest }, ACTOR);
    expect(last()).toBe('restored app:v1');
  });
});

describe('restore', () => {
  it('puts a tag back to a digest, with the platforms that were deleted with it', async () => {
    const platform = await test.image('app');
    const index = await test.index('app', 'latest', [platform]);
    await deleteManifest(test.store, 'app', index.digest, ACTOR);
    await test.image('app', { tag: 'latest' });
    await restore(test.store, { repository: 'app', tag: 'latest', at: index.digest }, ACTOR);
    expect(test.has('app', platform)).toBe(true);
    expect(test.store.ledger.catalog.findRepository('app')?.tags.get('latest')?.digest).toBe(index.digest);
  });

  it('puts a tag back to where it was at a time', async () => {
    const old = await test.image('app', { tag: 'v1' });
    const [event] = test.store.ledger.catalog.history.timeline('app', 'v1');
    // Within one millisecond the later of two events counts.
    while (Date.now() === event?.time) await new Promise((later) => setImmediate(later));
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    const { digest } = await restore(
      test.store,
      { repository: 'app', tag: 'v1', at: event?.time ?? 0 },
      ACTOR,
    );
    expect(digest).toBe(old.digest);
    await expect(restore(test.store, { repository: 'app', tag: 'v1', at: 1 }, ACTOR)).rejects.toThrow(
      /did not exist at 1970/,
    );
  });

  it('reads digests and times, and refuses anything else', () => {
    expect(parseRestorePoint('2026-01-02T03:04:05Z')).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(() => parseRestorePoint('yesterday')).toThrow(/neither a digest nor a time/);
  });
});

describe('a restored tag', () => {
  it('has what was attached to its image when that was deleted', async () => {
    const image = await test.image('app', { tag: 'v1' });
    const before = await test.image('app', { subject: image });
    await deleteManifest(test.store, 'app', before.digest, ACTOR);
    const signature = await test.image('app', { subject: image });
    const signed = await test.image('app', { subject: signature });
    await deleteManifest(test.store, 'app', image.digest, ACTOR);
    await restore(test.store, { repository: 'app', tag: 'v1', at: image.digest }, ACTOR);
    expect([signature, signed, before].map((each) => test.has('app', each))).toEqual([true, true, false]);
  });
});

describe('a restored tag', () => {
  it('has what tags attached to its image when that was deleted, and to what they attached', async () => {
    const image = await test.image('app', { tag: 'v1' });
    const stem = image.digest.replace(':', '-');
    const old = await test.image('app', { tag: `${stem}.att` });
    await deleteManifest(test.store, 'app', `${stem}.att`, ACTOR);
    const signature = await test.image('app', { tag: `${stem}.sig` });
    const above = `${signature.digest.replace(':', '-')}.sig`;
    const signed = await test.image('app', { tag: above });
    const listed = await test.image('app');
    await test.index('app', stem, [listed]);
    while (test.store.ledger.catalog.history.timeline('app', `${stem}.att`).at(-1)?.time === Date.now())
      await new Promise((later) => setImmediate(later));
    await deleteManifest(test.store, 'app', image.digest, ACTOR);
    expect(test.tags('app')).toEqual([]);
    await restore(test.store, { repository: 'app', tag: 'v1', at: image.digest }, ACTOR);
    expect(test.tags('app')).toEqual([above, stem, `${stem}.sig`, 'v1'].toSorted());
    expect([signature, signed, listed].every((each) => test.has('app', each))).toBe(true);
    expect(test.has('app', old)).toBe(true);
    await undo(test.store, undefined, ACTOR);
    expect(test.tags('app')).toEqual([]);
  });
});

describe('an undo of many tags', () => {
  it('looks through the trash once', async () => {
    const { ledger } = test.store;
    const manifests = Array.from({ length: 3000 }, (_, index) => digestOf(Buffer.from(String(index))));
    await ledger.commitAll(
      ACTOR,
      manifests.flatMap((digest, index): Operation[] => [
        { op: 'manifest.put', repository: 'app', manifest: { digest, size: 1, mediaType: 'test' } },
        { op: 'tag.put', repository: 'app', tag: `v${index}`, digest },
      ]),
    );
    await ledger.commitAll(
      ACTOR,
      manifests.map((digest): Operation => ({ op: 'manifest.delete', repository: 'app', digest })),
    );
    let looks = 0;
    const { manifests: trashed } = ledger.catalog.trash.of('app');
    const walk = trashed[Symbol.iterator].bind(trashed);
    trashed[Symbol.iterator] = () => {
      looks += 1;
      return walk();
    };
    await undo(test.store, undefined, ACTOR);
    expect(looks).toBe(1);
    expect(test.tags('app')).toHaveLength(3000);
  });
});

describe('changes', () => {
  it('can be undone in a busy week, after a restart, too', { timeout: 60_000 }, async () => {
    await test.image('app', { tag: 'v1' });
    const { change } = await deleteRepository(test.store, 'app', ACTOR);
    const { digest } = await test.image('busy', { tag: 'v1' });
    const tag = (index: number): Promise<unknown> =>
      test.store.ledger.commit(ACTOR, { op: 'tag.put', repository: 'busy', tag: `t${index}`, digest });
    await Promise.all(Array.from({ length: 5000 }, (_, index) => tag(index)));
    test = await test.reopen();
    await undo(test.store, change ?? undefined, ACTOR);
    expect(test.tags('app')).toEqual(['v1']);
  });

  it('are forgotten, the oldest first, when they are very many', () => {
    const history = new History();
    const digest = digestOf(Buffer.from(''));
    const effect: Effect = { kind: 'manifest', repository: 'app', digest, is: 'added' };
    for (let seq = 1; seq <= 30_000; seq += 1) {
      history.addChange({ seq, time: seq, actor: {}, effects: Array.from({ length: 20 }, () => effect) });
    }
    expect(history.changes.size).toBeLessThan(10_000);
    expect(history.changes.has(30_000)).toBe(true);
  });
});

describe('timeline', () => {
  it('says where the tag pointed, how much that was, and who moved it', async () => {
    const first = await test.image('app', { tag: 'v1', layers: ['a'] });
    const second = await test.image('app', { tag: 'v1', layers: ['a', 'b'] });
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    const events = test.store.ledger.catalog.history.timeline('app', 'v1');
    expect(events.map(({ digest, previous }) => [digest, previous])).toEqual([
      [first.digest, undefined],
      [second.digest, first.digest],
      [undefined, second.digest],
    ]);
    expect((events[1]?.size ?? 0) - (events[0]?.size ?? 0)).toBe(1000 + second.size - first.size);
    expect(events.map(({ actor }) => actor.client)).toEqual(['test', 'test', 'test']);
  });

  it('does not mention a push that changes nothing', async () => {
    await test.image('app', { tag: 'v1', config: 'same' });
    await test.image('app', { tag: 'v1', config: 'same' });
    expect(test.store.ledger.catalog.history.timeline('app', 'v1')).toHaveLength(1);
  });
});
