import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestStore } from '../../test/domain/store.ts';
import { deleteManifest } from './deletion.ts';
import { putBack } from './put-back.ts';
import { listTrash } from './trashed-images.ts';
import { undo } from './undo.ts';

const ACTOR = { client: 'test' };
let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(() => test.close());

async function trash() {
  const images = await listTrash(test.store, 'app');
  return images.map(({ manifest: { digest }, tags, isReplaced, isLive }) => ({
    digest,
    tags,
    isReplaced,
    isLive,
  }));
}

const remove = (reference: string) => deleteManifest(test.store, 'app', reference, ACTOR);

describe('listTrash', () => {
  it('has an image whose last tag was deleted, and not one that has another tag', async () => {
    const { digest } = await test.image('app', { tag: 'v1', config: 'same' });
    await test.image('app', { tag: 'v2', config: 'same' });
    await remove('v1');
    expect(await trash()).toEqual([]);
    await remove('v2');
    expect(await trash()).toEqual([{ digest, tags: ['v2'], isReplaced: false, isLive: true }]);
  });

  it('tells what was replaced from what was deleted, and leaves out what never had a tag', async () => {
    const { digest } = await test.image('app', { tag: 'v1' });
    await test.image('app', { tag: 'v1' });
    await test.image('app');
    expect(await trash()).toEqual([{ digest, tags: ['v1'], isReplaced: true, isLive: true }]);
  });

  it('has one entry for an index and what was deleted with it, at its full size', async () => {
    const platforms = [
      await test.image('app', { layers: ['a'] }),
      await test.image('app', { layers: ['b'] }),
    ];
    const index = await test.index('app', 'multi', platforms);
    await test.image('app', { subject: index, layers: ['signature'] });
    await test.image('app', { tag: `${index.digest.replace(':', '-')}.sig` });
    const size = test.store.ledger.catalog.findRepository('app')?.sizeOf(index.digest);
    await remove(index.digest);
    expect(await trash()).toEqual([
      { digest: index.digest, tags: ['multi'], isReplaced: false, isLive: false },
    ]);
    expect((await listTrash(test.store, 'app'))[0]?.size).toBe(size);
  });
});

describe('putBack', () => {
  it('brings back all tags that one change took, and can be undone', async () => {
    const image = await test.image('app', { tag: 'v1', config: 'same' });
    await test.image('app', { tag: 'latest', config: 'same' });
    await remove(image.digest);
    const { change, tags } = await putBack(test.store, 'app', image.digest, ACTOR);
    expect([...tags].sort()).toEqual(['latest', 'v1']);
    expect(test.tags('app')).toEqual(['latest', 'v1']);
    expect(await trash()).toEqual([]);
    await undo(test.store, change, ACTOR);
    expect(test.tags('app')).toEqual([]);
  });

  it('brings back an index whole, with what was attached to it', async () => {
    const platform = await test.image('app', { layers: ['a'] });
    const index = await test.index('app', 'multi', [platform]);
    const signature = await test.image('app', { subject: index });
    await remove(index.digest);
    await putBack(test.store, 'app', index.digest, ACTOR);
    for (const each of [platform, index, signature]) expect(test.has('app', each)).toBe(true);
  });

  it('moves a tag back from what replaced it, which is in the trash then', async () => {
    const old = await test.image('app', { tag: 'v1' });
    const young = await test.image('app', { tag: 'v1' });
    await putBack(test.store, 'app', old.digest, ACTOR);
    expect((await trash()).map(({ digest }) => digest)).toEqual([young.digest]);
  });

  it('brings back what never had a tag', async () => {
    const image = await test.image('app');
    await test.image('app', { tag: 'v1' });
    await remove(image.digest);
    expect(await trash()).toMatchObject([{ digest: image.digest, tags: [] }]);
    expect(await putBack(test.store, 'app', image.digest, ACTOR)).toMatchObject({ tags: [] });
    expect(test.has('app', image)).toBe(true);
  });

  it('refuses what is not in the trash', async () => {
    const { digest } = await test.image('app', { tag: 'v1' });
    await expect(putBack(test.store, 'app', digest, ACTOR)).rejects.toThrow('is not in the trash');
  });
});
