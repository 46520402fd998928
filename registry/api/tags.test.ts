import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  artifactOf,
  CONFIG,
  content,
  descriptor,
  imageOf,
  INDEX,
  jsonContent,
  MANIFEST,
  multiPlatformImage,
  randomLayer,
} from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import type { ChangeSummary, Deletion, Tagged, TagList, TagsChanged } from './contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

/** With all platforms, which may need another moment. */
const tagsOf = (name: string): Promise<TagList> =>
  vi.waitFor(async () => {
    const list = await berth.get<TagList>(`/api/tags?repository=${name}`);
    if ([...list.tags, ...list.untagged].some(({ platforms }) => platforms === null))
      throw new Error('not yet');
    return list;
  }, 10_000);

describe('GET /api/tags', () => {
  it('lists tags by name, with platforms, sizes and what is attached', async () => {
    const app = berth.repository('team/app');
    const image = imageOf();
    const multi = multiPlatformImage();
    await app.push(image, 'v1');
    await app.push(multi, 'v10');
    const chart = artifactOf({ artifactType: 'application/vnd.example.chart' });
    await app.push(chart, 'chart');
    await app.push(artifactOf({ artifactType: 'application/vnd.example.sbom', subject: image }));
    const { tags, untagged } = await tagsOf('team/app');
    expect(tags.map(({ tag }) => tag)).toEqual(['chart', 'v1', 'v10']);
    expect(untagged).toEqual([]);
    expect(tags[0]).toMatchObject({
      kind: 'artifact',
      artifactType: 'application/vnd.example.chart',
      platforms: [],
      referrers: 0,
    });
    const size = image.size + image.blobs.reduce((sum, blob) => sum + blob.size, 0);
    expect(tags[1]).toMatchObject({
      digest: image.digest,
      kind: 'image',
      artifactType: null,
      platforms: ['linux/amd64'],
      parts: 1,
      size,
      referrers: 1,
      pulledAt: null,
      protected: false,
      protectedBy: null,
      expiresAt: null,
    });
    expect(tags[2]).toMatchObject({
      kind: 'index',
      parts: 3,
      platforms: ['linux/amd64', 'linux/arm64', 'linux/s390x'],
    });
  });

  it('shows no more platforms of an index than a list has room for', async () => {
    const image = imageOf();
    const app = berth.repository('app');
    await app.push(image);
    const manifests = Array.from({ length: 5000 }, (_, index) =>
      Object.assign({ platform: { os: 'linux', architecture: `cpu${index}` } }, descriptor(image)),
    );
    const index = jsonContent(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
    expect((await app.putManifest('all', index)).status).toBe(201);
    const [tag] = (await tagsOf('app')).tags;
    expect(tag?.parts).toBe(5000);
    expect(tag?.platforms).toHaveLength(100);
  });

  it('counts as exclusive only what no other tag needs', async () => {
    const app = berth.repository('app');
    const base = randomLayer();
    const one = imageOf({ layers: [base, randomLayer()] });
    const other = imageOf({ layers: [base] });
    await app.push(one, 'one');
    await app.push(other, 'other');
    const [first] = (await tagsOf('app')).tags;
    expect(first?.exclusive).toBe(first === undefined ? NaN : first.size - base.size);
  });

  it('lists what has no tag, the newest first, but not what belongs to something', async () => {
    const app = berth.repository('app');
    const [old, young] = [imageOf(), imageOf()];
    await app.push(old, 'v1');
    await app.push(young, 'v1');
    const loose = imageOf();
    await app.push(loose);
    await app.push(multiPlatformImage(), 'multi');
    await app.push(artifactOf({ artifactType: 'application/x', subject: young }));
    const { untagged, trash } = await tagsOf('app');
    expect(untagged).toMatchObject([{ digest: loose.digest, kind: 'image', platforms: ['linux/amd64'] }]);
    expect(trash).toMatchObject([
      { digest: old.digest, platforms: ['linux/amd64'], trash: { tags: ['v1'], replaced: true } },
    ]);
  });

  it('has tags that only attach something apart from the others, and out of the count', async () => {
    const app = berth.repository('app');
    const image = imageOf();
    await app.push(image, 'v1');
    await app.push(image, 'latest');
    const stem = image.digest.replace(':', '-');
    for (const suffix of ['', '.sig', '.att', '.sbom']) await app.push(imageOf(), `${stem}${suffix}`);
    const alone = `sha256-${'0'.repeat(64)}.sig`;
    await app.push(imageOf(), alone);
    const { tags, attached } = await tagsOf('app');
    expect(tags.map(({ tag }) => tag)).toEqual(['latest', alone, 'v1']);
    expect(attached.map(({ tag }) => tag.slice(stem.length))).toEqual(['', '.att', '.sbom', '.sig']);
    expect(attached[0]).toMatchObject({ subject: image.digest, subjectTags: ['latest', 'v1'] });
    expect(await berth.get('/api/repositories')).toMatchObject({ repositories: [{ tags: 3 }] });
    expect(await berth.get('/api/disk')).toMatchObject({ repositories: [{ tags: 3 }] });
    expect(await app.tags()).toHaveLength(7);
    await app.delete(`manifests/${image.digest}`);
    expect(await tagsOf('app')).toMatchObject({ attached: [], tags: [{ tag: alone }] });
  });

  it('says when something was pulled at once, and takes no look for a pull', async () => {
    const app = berth.repository('app');
    await app.push(imageOf(), 'v1');
    await app.getManifest('v1', { 'user-agent': 'berth' });
    await app.getManifest('v1', { 'sec-fetch-site': 'same-origin' });
    await app.headManifest('v1');
    expect((await tagsOf('app')).tags[0]?.pulledAt).toBeNull();
    await app.getManifest('v1');
    expect((await tagsOf('app')).tags[0]?.pulledAt).toMatch(/^\d{4}-.*Z$/);
  });

  it('takes platforms for unknown that a config does not say', async () => {
    const app = berth.repository('app');
    for (const [tag, text] of Object.entries({ a: 'no object', b: '[]', c: '{"os":1}' })) {
      const config = content(CONFIG, Buffer.from(text));
      const fields = { schemaVersion: 2, config: descriptor(config), layers: [] };
      await app.push({ ...jsonContent(MANIFEST, fields), blobs: [config], children: [] }, tag);
    }
    expect((await tagsOf('app')).tags.map(({ platforms }) => platforms)).toEqual([[], [], []]);
  });

  it('refuses what is no repository', async () => {
    expect((await berth.send('GET', '/api/tags?repository=nowhere')).status).toBe(404);
    expect((await berth.send('GET', '/api/tags?repository=No!')).status).toBe(400);
    expect((await berth.send('GET', '/api/tags')).status).toBe(400);
  });
});

describe('POST /api/tags', () => {
  const tag = (from: [string, string], to: [string, string]) =>
    berth.send('POST', '/api/tags', {
      from: { repository: from[0], reference: from[1] },
      to: { repository: to[0], tag: to[1] },
    });
  const tagged = async (from: [string, string], to: [string, string]): Promise<Tagged> =>
    JSON.parse((await tag(from, to)).body.toString()) as Tagged;

  it('moves a tag within a repository, and says where it was', async () => {
    const app = berth.repository('app');
    const [one, other] = [imageOf(), imageOf()];
    await app.push(one, 'v1');
    await app.push(other, 'latest');
    expect(await tagged(['app', 'v1'], ['app', 'latest'])).toEqual({
      change: expect.any(Number),
      digest: one.digest,
      replaced: other.digest,
    });
    await app.expectWhole('latest', one);
    expect(await tagged(['app', one.digest], ['app', 'latest'])).toMatchObject({ change: null });
  });

  it('makes a multi-platform image whole in another repository, without a byte sent, and in one record', async () => {
    const [app, prod] = [berth.repository('app'), berth.repository('team/prod')];
    const image = multiPlatformImage();
    await app.push(image, 'v1');
    const { change } = await tagged(['app', 'v1'], ['team/prod', 'stable']);
    await prod.expectWhole('stable', image);
    const { changes } = await berth.get<{ changes: ChangeSummary[] }>('/api/changes?limit=1');
    expect(changes[0]).toMatchObject({ change, summary: 'tagged team/prod:stable from app:v1' });
    const again = await tagged(['app', image.digest], ['team/prod', 'again']);
    const { changes: later } = await berth.get<{ changes: ChangeSummary[] }>('/api/changes?limit=1');
    const summary = `tagged team/prod:again from app@${image.digest.slice(0, 19)}`;
    expect(later[0]).toMatchObject({ change: again.change, summary });
    await app.delete(`manifests/${image.digest}`);
    await berth.call('POST', '/_gc', { emptyTrash: true });
    await prod.expectWhole('stable', image);
  });

  it('is taken back whole by one undo', async () => {
    await berth.repository('app').push(multiPlatformImage(), 'v1');
    const { change } = await tagged(['app', 'v1'], ['prod', 'v1']);
    await berth.call('POST', '/api/undo', { change });
    const { repositories } = await berth.get<{ repositories: { name: string }[] }>('/api/repositories');
    expect(repositories.map(({ name }) => name)).toEqual(['app']);
  });

  it('leaves what is attached where it is', async () => {
    const app = berth.repository('app');
    const image = imageOf();
    await app.push(image, 'v1');
    await app.push(artifactOf({ artifactType: 'application/x', subject: image }));
    await tagged(['app', 'v1'], ['app', 'v2']);
    await tagged(['app', 'v1'], ['other', 'v1']);
    expect((await tagsOf('app')).tags.map(({ referrers }) => referrers)).toEqual([1, 1]);
    expect((await tagsOf('other')).tags.map(({ referrers }) => referrers)).toEqual([0]);
  });

  it('refuses to move a protected tag, and what it does not understand', async () => {
    const app = berth.repository('app');
    await app.push(imageOf(), 'v1');
    await app.push(imageOf(), 'v2');
    await berth.call('PATCH', '/api/tags?repository=app&tag=v1', { protected: true });
    expect((await tag(['app', 'v2'], ['app', 'v1'])).status).toBe(403);
    expect((await tag(['app', 'nothing'], ['app', 'v3'])).status).toBe(404);
    expect((await tag(['nowhere', 'v1'], ['app', 'v3'])).status).toBe(404);
    expect((await tag(['app', 'v1'], ['App', 'v3'])).status).toBe(400);
    expect((await tag(['app', 'v1'], ['app', '../x'])).status).toBe(400);
    for (const body of [{}, { from: 'app:v1' }, { from: {}, to: {} }, []]) {
      expect((await berth.send('POST', '/api/tags', body)).status).toBe(400);
    }
  });
});

describe('PATCH /api/tags', () => {
  const set = (body: object) => berth.send('PATCH', '/api/tags?repository=app', body);
  const changed = async (body: object): Promise<TagsChanged> =>
    JSON.parse((await set(body)).body.toString()) as TagsChanged;
  const isProtected = async (): Promise<boolean[]> =>
    (await tagsOf('app')).tags.map((each) => each.protected);
  const TIME = '2100-01-31T12:00:00.000Z';

  beforeEach(async () => {
    for (const tag of ['v1', 'v2', 'v3']) await berth.repository('app').push(imageOf(), tag);
  });

  it('sets several tags in one record, which one undo takes back', async () => {
    await set({ tags: ['v1'], protected: true });
    const { change, tags } = await changed({ tags: ['v1', 'v2', 'v3', 'v3'], protected: true });
    expect(tags).toBe(2);
    expect(await isProtected()).toEqual([true, true, true]);
    const { changes } = await berth.get<{ changes: ChangeSummary[] }>('/api/changes?limit=1');
    expect(changes[0]).toMatchObject({ change, summary: 'protected app:v2 and 1 more' });
    await berth.call('POST', '/api/undo', { change });
    expect(await isProtected()).toEqual([true, false, false]);
    expect(await changed({ tags: ['v1'], protected: true })).toEqual({ change: null, tags: 0 });
    expect(await changed({ tags: [], protected: true })).toEqual({ change: null, tags: 0 });
  });

  it('takes back several times at which tags went', async () => {
    await set({ tags: ['v1'], expiresAt: TIME });
    const { change } = await changed({ tags: ['v1', 'v2'], expiresAt: '2100-02-01T00:00:00Z' });
    await berth.call('POST', '/api/undo', { change });
    expect((await tagsOf('app')).tags.map(({ expiresAt }) => expiresAt)).toEqual([TIME, null, null]);
  });

  it('changes all of them or none', async () => {
    await set({ tags: ['v2'], protected: true });
    expect((await set({ tags: ['v1', 'v2'], expiresAt: TIME })).status).toBe(403);
    expect((await set({ tags: ['v1', 'nothing'], protected: true })).status).toBe(404);
    expect((await set({ tags: ['v1', 'v3'], expiresAt: '2001-01-01T00:00:00Z' })).status).toBe(400);
    const { tags } = await tagsOf('app');
    expect(tags.map(({ expiresAt }) => expiresAt)).toEqual([null, null, null]);
    expect(await isProtected()).toEqual([false, true, false]);
  });

  it('protects a tag again that a rule protects as well', async () => {
    await set({ tags: ['v1'], protected: true });
    await berth.call('PATCH', '/api/settings', { retention: [{ repositories: 'app', protect: ['v1'] }] });
    const { change } = await changed({ tags: ['v1'], protected: false });
    await berth.call('POST', '/api/undo', { change });
    expect(await isProtected()).toEqual([true, false, false]);
  });

  it('refuses what is no list of tags', async () => {
    for (const tags of [undefined, 'v1', [1], ['../x'], Array.from({ length: 100_001 }, () => 'v1')]) {
      expect((await set({ tags, protected: true })).status).toBe(400);
    }
  });
});

describe('DELETE /api/tags', () => {
  it('deletes the tag alone', async () => {
    const app = berth.repository('app');
    const image = imageOf();
    await app.push(image, 'v1');
    const deletion: Deletion = await berth.call('DELETE', '/api/tags?repository=app&tag=v1');
    expect(deletion).toMatchObject({ tags: 1, manifests: 0 });
    const { untagged, trash } = await tagsOf('app');
    expect(untagged).toEqual([]);
    expect(trash).toMatchObject([
      { digest: image.digest, trash: { tags: ['v1'], replaced: false, pullable: true } },
    ]);
    const state = trash[0]?.trash;
    const days = (Date.parse(state?.until ?? '') - Date.parse(state?.since ?? '')) / 86_400_000;
    expect(days).toBe(7);
    expect(await berth.get(`/api/images?repository=app&reference=${image.digest}`)).toMatchObject({
      trash: state,
    });
    expect((await berth.send('DELETE', '/api/tags?repository=app&tag=v1')).status).toBe(404);
  });
});
