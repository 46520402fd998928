import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactOf, imageOf, multiPlatformImage, randomLayer } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import type { DiskUse, RepositoryContent, RepositoryList, SearchResult, Stats, TagList } from './contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

describe('GET /api/repositories', () => {
  it('says of each what it holds, and what is its alone', async () => {
    const base = randomLayer();
    const [one, other] = [imageOf({ layers: [base, randomLayer()] }), imageOf({ layers: [base] })];
    await berth.repository('b').push(one, 'v1');
    await berth.repository('b').push(one, 'v2');
    await berth.repository('a').push(other, 'v1');
    await berth.repository('a').getManifest('v1');
    const { repositories } = await berth.get<RepositoryList>('/api/repositories');
    expect(repositories).toMatchObject([
      { name: 'a', tags: 1, images: 1, lastPull: expect.stringMatching(/Z$/) },
      { name: 'b', tags: 2, images: 1, lastPull: null, lastPush: expect.stringMatching(/Z$/) },
    ]);
    for (const { size, exclusive } of repositories) expect(size - exclusive).toBe(base.size);
  });

  it('counts as images what the list of tags shows, not what is attached to them or a part of one', async () => {
    const app = berth.repository('app');
    const image = imageOf();
    const index = multiPlatformImage();
    await app.push(image, 'v1');
    await app.push(index, 'multi');
    const [platform = image] = index.children;
    await app.push(platform, 'one-platform');
    await app.push(imageOf(), `sha256-${image.digest.slice(7)}.sig`);
    await app.push(artifactOf({ artifactType: 'test/sbom', subject: image }));
    await app.push(imageOf());
    const { tags, untagged } = await berth.get<TagList>('/api/tags?repository=app');
    expect(tags.length + untagged.length).toBe(4);
    expect((await berth.get<RepositoryList>('/api/repositories')).repositories).toMatchObject([
      { tags: 3, images: 4 },
    ]);
    expect(await berth.get<Stats>('/_stats')).toMatchObject({
      images: 4,
      repositoryDetails: [{ imageCount: 4, tags: ['multi', 'one-platform', 'v1'] }],
    });
  });

  it('agrees with GET /api/usage of what is on its way out', async () => {
    const base = randomLayer();
    await berth.repository('a').push(imageOf({ layers: [base] }), 'v1');
    await berth.repository('b').push(imageOf({ layers: [base, randomLayer()] }), 'v1');
    await berth.call('DELETE', '/api/tags?repository=a&tag=v1');
    const { repositories } = await berth.get<RepositoryList>('/api/repositories');
    for (const { name, exclusive } of repositories) {
      expect(await berth.get(`/api/usage?repository=${name}`)).toMatchObject({ exclusive });
    }
    expect(repositories).toMatchObject([
      { tags: 0, images: 0, size: 0, exclusive: 0, trash: 1 },
      { tags: 1, images: 1, trash: 0 },
    ]);
  });
});

describe('GET /api/search', () => {
  const found = async (text: string, limit = 50): Promise<string[]> => {
    const query = `/api/search?q=${encodeURIComponent(text)}&limit=${limit}`;
    const { hits } = await berth.get<SearchResult>(query);
    return hits.map(
      ({ repository, tag, digest }) =>
        `${repository}${tag === null ? '' : `:${tag}`}${digest === null || tag !== null ? '' : '@'}`,
    );
  };

  it('finds repositories before tags, and what is named exactly before what only contains it', async () => {
    for (const name of ['apps', 'my/app', 'zapper', 'other'])
      await berth.repository(name).push(imageOf(), 'v1');
    await berth.repository('other').push(imageOf(), 'app-2');
    await berth.repository('other').push(imageOf(), 'old-App');
    expect(await found('app')).toEqual(['my/app', 'apps', 'zapper', 'other:app-2', 'other:old-App']);
    expect(await found('APP', 1)).toEqual(['my/app']);
    expect(await berth.get(`/api/search?q=app&limit=1`)).toMatchObject({ total: 5 });
  });

  it('takes several words, and a name with its tag, as all to be there', async () => {
    await berth.repository('team/app').push(imageOf(), 'v1.2');
    await berth.repository('team/app').push(imageOf(), 'v2');
    await berth.repository('lib').push(imageOf(), 'v1.2');
    expect(await found('app v1')).toEqual(['team/app:v1.2']);
    expect(await found('app:v1')).toEqual(['team/app:v1.2']);
    expect(await found('team lib')).toEqual([]);
    expect(await found('   ')).toEqual([]);
  });

  it('finds tags that only attach something for those alone who write how they begin', async () => {
    const image = imageOf();
    const tag = `sha256-${image.digest.slice(7)}.sig`;
    await berth.repository('app').push(image, 'v1.sig');
    await berth.repository('app').push(imageOf(), tag);
    expect(await found('sig')).toEqual(['app:v1.sig']);
    expect(await found(tag.slice(0, 12))).toEqual([`app:${tag}`]);
    await berth.call('DELETE', '/api/tags?repository=app&tag=v1.sig');
    expect(await found('sig')).toEqual([]);
  });

  it('finds a manifest by a part of its digest', async () => {
    const image = imageOf();
    await berth.repository('app').push(image, 'v1');
    expect(await found(image.digest.slice(0, 19))).toEqual(['app@']);
    expect(await found(image.digest.slice(20, 32))).toEqual(['app@']);
    expect((await berth.send('GET', '/api/search?q=a&limit=x')).status).toBe(400);
  });
});

describe('GET /api/disk', () => {
  it('counts the files of the data folder, and what a reclaim would free', async () => {
    const image = imageOf({ layers: [randomLayer(1 << 20)] });
    await berth.repository('app').push(image, 'v1');
    const before = await berth.get<DiskUse>('/api/disk');
    expect(before.parts.content).toBeGreaterThan(1 << 20);
    expect(before.parts.journal).toBeGreaterThan(0);
    expect(Object.values(before.parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(before.used);
    expect(before).toMatchObject({ reclaimable: 0, trash: 0, budget: null });
    const { total, used, others, reserved, free } = before;
    expect(used + others + reserved + free).toBe(total);
    expect(free).toBeLessThan(total);
    expect(before.repositories).toMatchObject([{ name: 'app', shared: 0, tags: 1 }]);

    await berth.call('DELETE', '/api/repositories?name=app');
    const trashed = await berth.get<DiskUse>('/api/disk');
    expect(trashed.trash).toBeGreaterThan(1 << 20);
    expect(trashed.reclaimable).toBe(0);
    await berth.call('POST', '/_gc', { emptyTrash: true });
    expect((await berth.get<DiskUse>('/api/disk')).parts.content).toBeLessThan(1 << 20);
  });
});

describe('GET /api/disk/repository', () => {
  it('lists the distinct layers, the largest first, and who needs them', async () => {
    const [small, large] = [randomLayer(1000), randomLayer(100_000)];
    const image = imageOf({ layers: [small, large] });
    for (const tag of ['g', 'f', 'e', 'd', 'c', 'b', 'a']) await berth.repository('app').push(image, tag);
    await berth.repository('other').push(imageOf({ layers: [large] }), 'v1');
    const { layers } = await berth.get<RepositoryContent>('/api/disk/repository?name=app');
    expect(layers).toEqual([
      {
        digest: large.digest,
        size: large.size,
        tags: ['a', 'b', 'c', 'd', 'e'],
        tagCount: 7,
        repositories: ['other'],
      },
      {
        digest: small.digest,
        size: small.size,
        tags: ['a', 'b', 'c', 'd', 'e'],
        tagCount: 7,
        repositories: [],
      },
    ]);
  });
});

describe('GET /api/about', () => {
  it('says what runs, and what to put before a name', async () => {
    expect(await berth.get('/api/about')).toMatchObject({
      version: expect.stringMatching(/^\d/),
      node: process.versions.node,
      dataFolder: berth.folder,
      url: berth.url,
      address: `localhost:${new URL(berth.url).port}`,
      startedAt: expect.stringMatching(/Z$/),
      logLevel: 'error',
    });
  });
});
