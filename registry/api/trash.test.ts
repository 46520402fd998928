import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageOf, multiPlatformImage, randomLayer } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import type { DeletedList, RepositoryList, TrashList } from './contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(() => berth.stop());

const trashOf = async (name: string) => (await berth.get<TrashList>(`/api/trash?repository=${name}`)).trash;
const deleted = async () => (await berth.get<DeletedList>('/api/trash')).repositories;
const remove = (name: string) => berth.call('DELETE', `/api/repositories?name=${name}`);

describe('GET /api/trash?repository=', () => {
  it('lists the images of a repository that was deleted, each of which can be put back', async () => {
    const [image, index] = [imageOf(), multiPlatformImage()];
    await berth.repository('app').push(image, 'v1');
    await berth.repository('app').push(image, 'latest');
    await berth.repository('app').push(index, 'multi');
    await remove('app');
    const trash = await trashOf('app');
    expect(new Map(trash.map((each) => [each.digest, each.trash]))).toMatchObject(
      new Map([
        [image.digest, { tags: ['v1', 'latest'], replaced: false, pullable: false }],
        [index.digest, { tags: ['multi'] }],
      ]),
    );
    expect(trash.every(({ size }) => size > 0)).toBe(true);
    await berth.call('POST', '/api/restore', { repository: 'app', digest: index.digest });
    await berth.repository('app').expectWhole('multi', index);
    expect(await berth.repository('app').tags()).toEqual(['multi']);
    expect((await trashOf('app')).map(({ digest }) => digest)).toEqual([image.digest]);
  });

  it('knows no repository that never was, or of which nothing is left', async () => {
    expect((await berth.send('GET', '/api/trash?repository=never')).status).toBe(404);
    await berth.repository('app').push(imageOf(), 'v1');
    expect(await trashOf('app')).toEqual([]);
    await remove('app');
    await berth.call('POST', '/_gc', { emptyTrash: true });
    expect((await berth.send('GET', '/api/trash?repository=app')).status).toBe(404);
  });
});

describe('GET /api/trash', () => {
  it('lists what was deleted whole, and what of it can be put back', async () => {
    const base = randomLayer();
    const [one, other] = [imageOf({ layers: [base] }), imageOf({ layers: [base, randomLayer()] })];
    for (const name of ['gone', 'app']) await berth.repository(name).push(one, 'v1');
    await berth.repository('gone').push(other, 'v2');
    await berth.call('DELETE', '/api/tags?repository=app&tag=v1');
    expect(await deleted()).toEqual([]);
    await remove('gone');
    const [gone, ...others] = await deleted();
    expect(others).toEqual([]);
    expect(gone).toMatchObject({ name: 'gone', images: 2, since: expect.stringMatching(/Z$/) });
    const sizes = (await trashOf('gone')).map(({ size }) => size);
    expect(gone?.size).toBe(sizes.reduce((sum, size) => sum + size, 0) - base.size);
    await berth.call('POST', '/api/restore', { repository: 'gone', digest: one.digest });
    expect(await deleted()).toEqual([]);
  });
});

describe('POST /api/restore of a tag alone', () => {
  it('puts a tag back that is gone, be it with its repository', async () => {
    const [old, image] = [imageOf(), imageOf()];
    await berth.repository('app').push(old, 'v1');
    await berth.repository('app').push(image, 'v1');
    await remove('app');
    const point = { repository: 'app', tag: 'v1' };
    expect(await berth.call('POST', '/api/restore', point)).toMatchObject({ digest: image.digest });
    await berth.repository('app').expectWhole('v1', image);
    expect((await berth.get<RepositoryList>('/api/repositories')).repositories).toMatchObject([
      { name: 'app', images: 1, tags: 1, trash: 1 },
    ]);
  });

  it('refuses a tag that is there, and one that never was', async () => {
    await berth.repository('app').push(imageOf(), 'v1');
    for (const [tag, expected] of [
      ['v1', 400],
      ['v2', 409],
    ] as const) {
      const { status, body } = await berth.send('POST', '/api/restore', { repository: 'app', tag });
      expect(status).toBe(expected);
      expect(body.toString()).toContain('berth history app:');
    }
  });
});
