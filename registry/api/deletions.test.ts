import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactOf, imageOf, multiPlatformImage, randomLayer } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import type { Deletion, DeletionPlan, ImageReference, RepositoryList } from './contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

const plan = (...references: ImageReference[]): Promise<DeletionPlan> =>
  berth.call('POST', '/api/deletions/plan', { references });
const remove = (...references: ImageReference[]): Promise<Deletion> =>
  berth.call('POST', '/api/deletions', { references });
const names = async (): Promise<string[]> =>
  (await berth.get<RepositoryList>('/api/repositories')).repositories.map(({ name }) => name);

describe('POST /api/deletions/plan', () => {
  it('says what goes with tags, and frees what they had together', async () => {
    const base = randomLayer();
    const [mine, theirs] = [randomLayer(), randomLayer()];
    const [one, other] = [imageOf({ layers: [base, mine] }), imageOf({ layers: [base, theirs] })];
    await berth.repository('app').push(one, 'v1');
    await berth.repository('lib').push(other, 'v1');
    const alone = await plan({ repository: 'app', reference: 'v1' });
    expect(alone.bytes).toBe(one.size + one.config.size + mine.size);
    const both = await plan({ repository: 'app', reference: 'v1' }, { repository: 'lib', reference: 'v1' });
    expect(both).toMatchObject({
      tags: [
        { repository: 'app', tag: 'v1', digest: one.digest },
        { repository: 'lib', tag: 'v1', digest: other.digest },
      ],
      manifests: 2,
      attached: [],
      refused: [],
    });
    expect(both.bytes - alone.bytes).toBe(other.size + other.config.size + theirs.size + base.size);
    expect(Date.parse(both.restorableUntil) - Date.now()).toBeGreaterThan(6.9 * 24 * 3_600_000);
  });

  it('counts nothing for a tag whose image has another', async () => {
    const image = imageOf();
    await berth.repository('app').push(image, 'v1');
    await berth.repository('app').push(image, 'v2');
    expect(await plan({ repository: 'app', reference: 'v1' })).toMatchObject({ manifests: 0, bytes: 0 });
    const both = await plan({ repository: 'app', reference: 'v1' }, { repository: 'app', reference: 'v2' });
    expect(both.manifests).toBe(1);
    expect(both.bytes).toBeGreaterThan(image.size);
  });

  it('names what is attached, and platforms', async () => {
    const app = berth.repository('app');
    const image = multiPlatformImage();
    await app.push(image, 'v1');
    const tag = `${image.digest.replace(':', '-')}.sig`;
    await app.push(artifactOf({ artifactType: 'application/x' }), tag);
    await app.push(artifactOf({ artifactType: 'application/y', subject: image }));
    expect(await plan({ repository: 'app', reference: image.digest })).toMatchObject({
      manifests: 6,
      attached: [{ repository: 'app', tag }],
    });
  });

  it('says what is refused, and why', async () => {
    await berth.repository('app').push(imageOf(), 'v1');
    await berth.call('PATCH', '/api/tags?repository=app&tag=v1', { protected: true });
    const { refused, tags } = await plan(
      { repository: 'app', reference: 'v1' },
      { repository: 'app', reference: 'gone' },
      { repository: 'nowhere' },
      { repository: 'app' },
    );
    expect(refused).toMatchObject([
      { reference: 'app:v1', reason: expect.stringContaining('protected') },
      { reference: 'app:gone', reason: expect.stringContaining('no tag gone') },
      { reference: 'nowhere' },
      { reference: 'app', reason: expect.stringContaining('protected') },
    ]);
    expect(tags).toEqual([]);
  });

  it('touches nothing', async () => {
    await berth.repository('app').push(imageOf(), 'v1');
    await plan({ repository: 'app' });
    expect(await names()).toEqual(['app']);
  });

  it.each([
    {},
    { references: 'app' },
    { references: ['app'] },
    { references: [{}] },
    { references: [{ repository: 'A' }] },
  ])('refuses %j', async (body) => {
    expect((await berth.send('POST', '/api/deletions/plan', body)).status).toBe(400);
    expect((await berth.send('POST', '/api/deletions', body)).status).toBe(400);
  });
});

describe('POST /api/deletions', () => {
  it('deletes tags, manifests and repositories in one record, which one undo takes back', async () => {
    const [one, multi] = [imageOf(), multiPlatformImage()];
    await berth.repository('app').push(one, 'v1');
    await berth.repository('app').push(imageOf(), 'v2');
    await berth.repository('app').push(multi, 'multi');
    await berth.repository('lib').push(imageOf(), 'v1');
    const { change, tags, manifests } = await remove(
      { repository: 'app', reference: 'v1' },
      { repository: 'app', reference: multi.digest },
      { repository: 'lib' },
    );
    expect({ tags, manifests }).toEqual({ tags: 3, manifests: 5 });
    expect(await berth.repository('app').tags()).toEqual(['v2']);
    expect(await names()).toEqual(['app']);
    await berth.call('POST', '/api/undo', { change });
    expect(await berth.repository('app').tags()).toEqual(['multi', 'v1', 'v2']);
    await berth.repository('app').expectWhole('multi', multi);
    expect(await names()).toEqual(['app', 'lib']);
  });

  it('deletes all of it or nothing', async () => {
    await berth.repository('app').push(imageOf(), 'v1');
    await berth.repository('app').push(imageOf(), 'v2');
    await berth.call('PATCH', '/api/tags?repository=app&tag=v2', { protected: true });
    const references = [
      { repository: 'app', reference: 'v1' },
      { repository: 'app', reference: 'v2' },
    ];
    expect((await berth.send('POST', '/api/deletions', { references })).status).toBe(403);
    expect(await berth.repository('app').tags()).toEqual(['v1', 'v2']);
    expect(await remove()).toEqual({ change: null, tags: 0, manifests: 0 });
  });
});
