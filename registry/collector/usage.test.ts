import { afterEach, beforeEach, expect, describe, it } from 'vitest';
import { digestOf, TestStore, type ImageContent, type Pushed } from '../../test/domain/store.ts';
import { deleteManifest, deleteRepository } from './deletion.ts';
import { planReclaim, reclaim } from './reclaim.ts';
import { readUsage, Usage } from './usage.ts';

const ACTOR = { client: 'test' };
let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(() => test.close());

/** Bytes of content on the disk, each file by its length. */
async function contentBytes(): Promise<number> {
  let bytes = 0;
  for (const file of await test.files()) bytes += (await test.store.blobs.findSize(`sha256:${file}`)) ?? 0;
  return bytes;
}

async function emptyTrash(): Promise<void> {
  const rules = { emptyTrash: true, undoMs: 0, graceMs: 0 };
  await reclaim(test.store, await planReclaim(test.store, rules));
}

function repository(name: string) {
  const found = test.store.ledger.catalog.findRepository(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

async function pushSomeImages(): Promise<void> {
  const push = (tag: string, content: ImageContent = {}): Promise<Pushed> =>
    test.image('app', { tag, ...content });
  await push('v1', { layers: ['base', 'one'] });
  await push('v2', { layers: ['base', 'two'] });
  await push('twin-a', { layers: ['twin'], config: 'twin' });
  await push('twin-b', { layers: ['twin'], config: 'twin' });
  const signed = await push('signed', { layers: ['base', 'signed'] });
  await test.image('app', { subject: signed, layers: ['signature'] });
  await push(`${signed.digest.replace(':', '-')}.sig`, { layers: ['older signature'] });
  const platforms = [
    await test.image('app', { layers: ['amd'] }),
    await test.image('app', { layers: ['arm', 'base'] }),
  ];
  await test.index('app', 'multi', platforms);
  await push('moved', { layers: ['before'] });
  await push('moved', { layers: ['after'] });
  await test.image('lib', { tag: 'v1', layers: ['base', 'lib'] });
}

describe('Usage', () => {
  it.each(['v1', 'v2', 'twin-a', 'signed', 'multi', 'moved'])(
    'says of app:%s exactly what deleting it frees',
    async (tag) => {
      await pushSomeImages();
      await emptyTrash();
      const exclusive = new Usage(test.store.ledger.catalog).tag(repository('app'), tag);
      const before = await contentBytes();
      await deleteManifest(test.store, 'app', tag, ACTOR);
      await emptyTrash();
      expect(before - (await contentBytes())).toBe(exclusive);
    },
  );

  it.each(['app', 'lib'])('says of the repository %s exactly what deleting it frees', async (name) => {
    await pushSomeImages();
    await emptyTrash();
    const all = await readUsage(test.store.ledger.catalog);
    const before = await contentBytes();
    await deleteRepository(test.store, name, ACTOR);
    await emptyTrash();
    expect(before - (await contentBytes())).toBe(all.find((each) => each.name === name)?.exclusive);
  });

  it('does not take an index that lost its tag for a user of the platforms that it shares', async () => {
    const shared = await test.image('app', { layers: ['shared'] });
    await test.index('app', 'multi', [shared, await test.image('app', { layers: ['before'] })]);
    await test.index('app', 'multi', [shared, await test.image('app', { layers: ['after'] })]);
    const { catalog } = test.store.ledger;
    const exclusive = new Usage(catalog).tag(repository('app'), 'multi');
    await emptyTrash();
    expect(await contentBytes()).toBe(exclusive);
    expect(new Usage(catalog).tag(repository('app'), 'multi')).toBe(exclusive);
  });

  it('knows a tag that attaches something from one that somebody chose', async () => {
    const image = await test.image('app', { tag: 'v1', layers: ['base'] });
    const attached = `${image.digest.replace(':', '-')}.sig`;
    await test.image('app', { tag: attached, layers: ['signature'], config: 'signature' });
    const { catalog } = test.store.ledger;
    const alone = new Usage(catalog).tag(repository('app'), attached);
    await test.image('app', { tag: 'twin', layers: ['signature'], config: 'signature' });
    expect(['twin', attached].map((tag) => new Usage(catalog).tag(repository('app'), tag))).toEqual([0, 0]);
    await deleteManifest(test.store, 'app', 'twin', ACTOR);
    const before = await contentBytes();
    await deleteManifest(test.store, 'app', attached, ACTOR);
    await emptyTrash();
    expect(before - (await contentBytes())).toBe(alone);
  });

  it('counts blobs of a repository that no manifest names', async () => {
    await test.image('app', { tag: 'v1', layers: ['base'] });
    await test.blob('app', Buffer.from('never named'));
    const [all] = await readUsage(test.store.ledger.catalog);
    const before = await contentBytes();
    await deleteRepository(test.store, 'app', ACTOR);
    test.store.leases.revoke('app', digestOf(Buffer.from('never named')));
    await emptyTrash();
    expect(before - (await contentBytes())).toBe(all?.exclusive);
  });

  it('does not count what is on its way out as a user', async () => {
    await test.image('app', { tag: 'v1', layers: ['shared', 'old'] });
    await test.image('app', { tag: 'v1', layers: ['shared', 'new'] });
    await test.image('gone', { tag: 'v1', layers: ['shared'] });
    await deleteRepository(test.store, 'gone', ACTOR);
    expect(new Usage(test.store.ledger.catalog).tag(repository('app'), 'v1')).toBeGreaterThan(2000);
  });
});
