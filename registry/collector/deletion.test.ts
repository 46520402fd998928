import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, TestStore } from '../../test/domain/store.ts';
import type { Operation } from '../catalog/operation.ts';
import { readManifest } from '../images/manifests.ts';
import { setTag } from '../images/tags.ts';
import { undo } from './undo.ts';
import { deleteManifest, deleteRepository, deleteUntagged } from './deletion.ts';
import { planDeletions } from './deletions.ts';

const ACTOR = { client: 'test' };
let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(() => test.close());

describe('deleteManifest', () => {
  it('deletes a tag alone: other tags of its digest, and the manifest, stay', async () => {
    const image = await test.image('app', { tag: 'v1', config: 'same' });
    await test.image('app', { tag: 'latest', config: 'same' });
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    expect(test.tags('app')).toEqual(['latest']);
    await deleteManifest(test.store, 'app', 'latest', ACTOR);
    expect(test.has('app', image)).toBe(true);
  });

  it('takes the platforms of an index along, but for those that something else still lists or names', async () => {
    const [alone, shared, tagged] = [
      await test.image('app'),
      await test.image('app'),
      await test.image('app', { tag: 'amd64' }),
    ] as const;
    const index = await test.index('app', 'latest', [alone, shared, tagged]);
    await test.index('app', 'other', [shared]);
    await deleteManifest(test.store, 'app', index.digest, ACTOR);
    expect([alone, shared, tagged].map((each) => test.has('app', each))).toEqual([false, true, true]);
    expect(test.tags('app')).toEqual(['amd64', 'other']);
  });

  it('takes no platform from a protected index, however deep it is inside', async () => {
    const platform = await test.image('app');
    const inner = await test.index('app', undefined, [platform]);
    await test.index('app', 'v1', [inner]);
    await setTag(test.store, 'app', 'v1', { protected: true }, ACTOR);
    for (const { digest } of [platform, inner]) {
      await expect(deleteManifest(test.store, 'app', digest, ACTOR)).rejects.toThrow('app:v1 is protected');
      const { refused } = planDeletions(test.store, [{ repository: 'app', reference: digest }]);
      expect(refused[0]?.error.message).toContain('app:v1 is protected');
    }
    await setTag(test.store, 'app', 'v1', { protected: false }, ACTOR);
    await deleteManifest(test.store, 'app', platform.digest, ACTOR);
    expect(test.has('app', inner)).toBe(true);
  });

  it('takes along what is inside of an index that is inside of it', async () => {
    const image = await test.image('app');
    const inner = await test.index('app', undefined, [image]);
    const outer = await test.index('app', 'latest', [inner]);
    await deleteManifest(test.store, 'app', outer.digest, ACTOR);
    expect([image, inner, outer].some((each) => test.has('app', each))).toBe(false);
  });

  it('takes referrers along, and what is attached to them', async () => {
    const image = await test.image('app', { tag: 'v1' });
    const signature = await test.image('app', { subject: image });
    const proof = await test.image('app', { subject: signature });
    const named = await test.image('app', { subject: image, tag: 'sbom' });
    await deleteManifest(test.store, 'app', image.digest, ACTOR);
    expect([image, signature, proof, named].map((each) => test.has('app', each))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('takes the tags along by which older clients attach things', async () => {
    const image = await test.image('app', { tag: 'v1' });
    const stem = image.digest.replace(':', '-');
    await test.image('app', { tag: `${stem}.sig` });
    await test.image('app', { tag: stem });
    await test.image('app', { tag: 'sha256-0000.sig' });
    await deleteManifest(test.store, 'app', image.digest, ACTOR);
    expect(test.tags('app')).toEqual(['sha256-0000.sig']);
    expect(test.store.ledger.catalog.findRepository('app')?.manifests.size).toBe(1);
  });

  it('leaves a platform that a push under way was told of', async () => {
    const image = await test.image('app');
    const index = await test.index('app', 'latest', [image]);
    test.store.leases.tell('app', image.digest, test.caller);
    await deleteManifest(test.store, 'app', index.digest, ACTOR);
    expect(test.has('app', image)).toBe(true);
  });

  it('refuses a protected tag, by its name and by its digest', async () => {
    const image = await test.image('app', { tag: 'v1' });
    await test.store.ledger.commit(ACTOR, {
      op: 'tag.set',
      repository: 'app',
      tag: 'v1',
      protected: true,
    });
    for (const reference of ['v1', image.digest]) {
      await expect(deleteManifest(test.store, 'app', reference, ACTOR)).rejects.toThrow(
        /app:v1 is protected/,
      );
    }
    await expect(deleteRepository(test.store, 'app', ACTOR)).rejects.toThrow(/app:v1 is protected/);
    await expect(test.image('app', { tag: 'v1' })).rejects.toThrow(/app:v1 is protected/);
  });
});

describe('deleteRepository', () => {
  it('leaves nothing behind that a list would show', async () => {
    await test.image('team/app', { tag: 'v1' });
    await test.image('team/app', { tag: 'v2' });
    await test.image('other', { tag: 'v1' });
    expect(await deleteRepository(test.store, 'team/app', ACTOR)).toMatchObject({ tags: 2, manifests: 2 });
    expect(test.store.ledger.catalog.sortedNames).toEqual(['other']);
    expect(test.store.ledger.catalog.findRepository('team/app')).toBeUndefined();
  });
});

describe('deleteRepository', () => {
  it('does not promise any more what it deletes', async () => {
    const { digest } = await test.image('app', { tag: 'v1' });
    await readManifest(test.store, 'app', digest, test.caller, 'existence');
    await deleteRepository(test.store, 'app', ACTOR);
    expect(test.store.leases.find(digest)).toBe('free');
  });
});

describe('deleteRepository', () => {
  it('is one small record, and so is taking it back, however much there is', async () => {
    for (let i = 0; i < 20; i += 1) await test.image('app', { tag: `v${i}` });
    const sizes: number[] = [];
    test.store.ledger.subscribe((record) => sizes.push(JSON.stringify(record.ops).length));
    await deleteRepository(test.store, 'app', ACTOR);
    const { change } = await undo(test.store, undefined, ACTOR);
    await undo(test.store, change, ACTOR);
    expect(sizes.map((size) => size < 100)).toEqual([true, true, true]);
  });

  it('lets no push come in between: it is deleted with the rest, or comes after', async () => {
    await test.image('app', { tag: 'v1' });
    const { digest } = await test.image('app', { tag: 'v2' });
    const put = (tag: string): Promise<unknown> =>
      test.store.ledger.commit(ACTOR, { op: 'tag.put', repository: 'app', tag, digest });
    const before = put('before');
    const deletion = deleteRepository(test.store, 'app', ACTOR);
    await Promise.all([before, deletion, put('after')]);
    expect(test.store.ledger.catalog.findRepository('app')).toBeUndefined();
    await undo(test.store, undefined, ACTOR);
    expect(test.tags('app')).toContain('before');
  });

  it('says that there was nothing left where two delete the same', async () => {
    await test.image('app', { tag: 'v1' });
    const both = await Promise.allSettled([
      deleteRepository(test.store, 'app', ACTOR),
      deleteRepository(test.store, 'app', ACTOR),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('deleteUntagged', () => {
  it('deletes very many in several records, each of which can be undone', async () => {
    const manifests = Array.from({ length: 450 }, (_, index) => digestOf(Buffer.from(String(index))));
    await test.store.ledger.commitAll(
      ACTOR,
      manifests.map((digest): Operation => ({
        op: 'manifest.put',
        repository: 'app',
        manifest: { digest, size: 1, mediaType: 'test' },
      })),
    );
    const sizes: number[] = [];
    test.store.ledger.subscribe(({ ops }) => sizes.push(ops.length));
    const { change, changes = [], manifests: count } = await deleteUntagged(test.store, 'app', ACTOR);
    expect(sizes).toEqual([200, 200, 50]);
    expect(count).toBe(450);
    expect(change).toBe(changes.at(-1));
    for (const each of changes) await undo(test.store, each, ACTOR);
    expect(test.store.ledger.catalog.findRepository('app')?.manifests.size).toBe(450);
  });
});

describe('a deletion that is refused', () => {
  it('takes no promise back', async () => {
    const { digest } = await test.image('app', { tag: 'v1' });
    await setTag(test.store, 'app', 'v1', { protected: true }, ACTOR);
    await readManifest(test.store, 'app', digest, test.caller, 'existence');
    await expect(deleteManifest(test.store, 'app', digest, ACTOR)).rejects.toThrow('protected');
    expect(test.store.leases.find(digest)).toBe('held');
  });
});

describe('deleteUntagged', () => {
  it('deletes what neither a tag nor an index leads to', async () => {
    const platform = await test.image('app');
    await test.index('app', 'latest', [platform]);
    const overwritten = await test.image('app', { tag: 'v1' });
    const current = await test.image('app', { tag: 'v1' });
    const signature = await test.image('app', { subject: current });
    expect(await deleteUntagged(test.store, 'app', ACTOR)).toMatchObject({ manifests: 1 });
    expect([overwritten, platform, current, signature].map((each) => test.has('app', each))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(await deleteUntagged(test.store, 'app', ACTOR)).toEqual({ change: null, tags: 0, manifests: 0 });
  });
});
