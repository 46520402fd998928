import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EMPTY, MANIFEST } from '../../test/clients/image.ts';
import { TestStore } from '../../test/domain/store.ts';
import type { Repository } from '../catalog/repository.ts';
import type { Digest } from '../reference.ts';
import { findSharing, type Sharing } from './sharing.ts';
import { Usage } from './usage.ts';

let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(() => test.close());

function repository(name: string): Repository {
  const found = test.store.ledger.catalog.findRepository(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** With whom a tag shares what it leads to. */
async function sharing(name: string, tag: string): Promise<Sharing[]> {
  const { catalog } = test.store.ledger;
  const usage = new Usage(catalog);
  const digest = repository(name).tags.get(tag)?.digest;
  if (digest === undefined) throw new Error(`no ${name}:${tag}`);
  const image = { repository: repository(name), digest, tag };
  return await findSharing(catalog, image, usage.goingWith(repository(name), tag), 10);
}

describe('findSharing', () => {
  it('names those that share the rest, the largest first', async () => {
    await test.image('app', { tag: 'v1', layers: ['a', 'b'] });
    await test.image('app', { tag: 'v2', layers: ['a', 'b', 'c'] });
    await test.index('lib', 'multi', [await test.image('lib', { layers: ['a'] })]);
    expect(await sharing('app', 'v1')).toEqual([
      { repository: 'app', tag: 'v2', bytes: 2000 },
      { repository: 'lib', tag: 'multi', bytes: 1000 },
    ]);
  });

  it('names another tag of the same image, and another index of the same platform', async () => {
    const image = await test.image('app', { tag: 'v1', layers: ['a'], config: 'a' });
    await test.image('app', { tag: 'twin', layers: ['a'], config: 'a' });
    const shared = await test.image('lib', { layers: ['b'] });
    await test.index('lib', 'one', [shared, await test.image('lib', { layers: ['c'] })]);
    await test.index('lib', 'two', [shared, await test.image('lib', { layers: ['d'] })]);
    const size = (name: string, digest: Digest): number => repository(name).sizeOf(digest);
    expect(await sharing('app', 'v1')).toEqual([
      { repository: 'app', tag: 'twin', bytes: size('app', image.digest) },
    ]);
    expect(await sharing('lib', 'one')).toEqual([
      { repository: 'lib', tag: 'two', bytes: size('lib', shared.digest) },
    ]);
  });

  it('counts the platforms of an index with it, and names those that share with them', async () => {
    const index = await test.index('app', undefined, [await test.image('app', { layers: ['a', 'b'] })]);
    await test.image('lib', { tag: 'v1', layers: ['a'] });
    const { catalog } = test.store.ledger;
    const manifest = repository('app').manifests.get(index.digest);
    const going = manifest && new Usage(catalog).goingWithManifest(repository('app'), manifest);
    expect(going?.size).toBe(2);
    const image = { repository: repository('app'), digest: index.digest };
    expect(await findSharing(catalog, image, going ?? new Set(), 10)).toEqual([
      { repository: 'lib', tag: 'v1', bytes: 1000 },
    ]);
  });

  it('names nobody who shares nothing but an empty config', async () => {
    const empty = Buffer.from('{}');
    for (const name of ['one', 'other']) {
      const config = { mediaType: EMPTY, digest: await test.blob(name, empty), size: empty.length };
      const bytes = Buffer.from(name);
      const layer = { mediaType: 'text/plain', digest: await test.blob(name, bytes), size: bytes.length };
      await test.manifest(name, 'v1', {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config,
        layers: [layer, config],
      });
    }
    expect(await sharing('one', 'v1')).toEqual([]);
  });
});
