import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { imageOf, randomBlob } from './image.ts';
import { expectError, Repository } from './repository.ts';

// What real clients depend on: CLIENTS.md, "HEAD and GET" of blobs.

const SIZE = 10_000;
const blob = randomBlob(SIZE);
let berth: Berth;
let repository: Repository;
beforeAll(async () => {
  berth = await startBerth();
  repository = new Repository(berth, 'blobs');
  await repository.pushBlob(blob);
});
afterAll(() => berth.dispose());

describe('HEAD /v2/<name>/blobs/<digest>', () => {
  it('is exactly 200, with the length and the digest', async () => {
    const answer = await repository.headBlob(blob.digest);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-length': String(SIZE),
      'docker-content-digest': blob.digest,
      'accept-ranges': 'bytes',
    });
    expect(answer.body.length).toBe(0);
  });
});

describe('GET /v2/<name>/blobs/<digest>', () => {
  it('gives the bytes with their length, digest and quoted digest as ETag', async () => {
    const answer = await repository.getBlob(blob.digest);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-length': String(SIZE),
      'content-type': 'application/octet-stream',
      'docker-content-digest': blob.digest,
      'accept-ranges': 'bytes',
      etag: `"${blob.digest}"`,
    });
    expect(answer.body.equals(blob.bytes)).toBe(true);
  });

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    ['bytes=5000-', 5000, SIZE - 1],
    ['bytes=-100', SIZE - 100, SIZE - 1],
    ['bytes=-20000', 0, SIZE - 1],
    ['bytes=9000-20000', 9000, SIZE - 1],
  ])('answers Range: %s with 206 and Content-Range, as docker resumes', async (range, from, to) => {
    const answer = await repository.getBlob(blob.digest, { range });
    expect(answer.status).toBe(206);
    expect(answer.headers['content-range']).toBe(`bytes ${from}-${to}/${SIZE}`);
    expect(answer.headers['content-length']).toBe(String(to - from + 1));
    expect(answer.headers['docker-content-digest']).toBe(blob.digest);
    expect(answer.body.equals(blob.bytes.subarray(from, to + 1))).toBe(true);
  });

  it('answers many ranges with everything and 200, never with one of them', async () => {
    const answer = await repository.getBlob(blob.digest, { range: 'bytes=0-99,200-299,9000-' });
    expect(answer.status).toBe(200);
    expect(answer.body.equals(blob.bytes)).toBe(true);
  });

  it.each(['bytes=10000-', 'bytes=20000-30000', 'bytes=-0', 'bytes=500-100'])(
    'refuses Range: %s with 416 and the length there is',
    async (range) => {
      const answer = await repository.getBlob(blob.digest, { range });
      expectError(answer, 416);
      expect(answer.headers['content-range']).toBe(`bytes */${SIZE}`);
    },
  );

  it.each(['lines=1-2', 'bytes', 'bytes=', 'bytes=a-b', 'bytes=1', 'bytes 0-1'])(
    'ignores Range: %s, which is none',
    async (range) => {
      const answer = await repository.getBlob(blob.digest, { range });
      expect([200, 416]).toContain(answer.status);
      if (answer.status === 200) expect(answer.body.equals(blob.bytes)).toBe(true);
    },
  );

  it('answers a client that has the bytes with 304', async () => {
    for (const tag of [`"${blob.digest}"`, `W/"${blob.digest}"`, `"other", "${blob.digest}"`, '*']) {
      const answer = await repository.getBlob(blob.digest, { 'if-none-match': tag });
      expect([answer.status, answer.body.length], tag).toEqual([304, 0]);
    }
    expect((await repository.getBlob(blob.digest, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('serves an empty blob', async () => {
    const empty = { ...randomBlob(0) };
    await repository.pushBlob(empty);
    const answer = await repository.getBlob(empty.digest);
    expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([200, '0', 0]);
    expect((await repository.headBlob(empty.digest)).headers['content-length']).toBe('0');
  });

  it('serves a digest whose colon is escaped', async () => {
    const answer = await repository.getBlob(blob.digest.replace(':', '%3A'));
    expect(answer.body.equals(blob.bytes)).toBe(true);
  });
});

describe('DELETE /v2/<name>/blobs/<digest>', () => {
  it('is 202, after which the repository does not show it and another still does', async () => {
    const gone = randomBlob();
    const other = new Repository(berth, 'keeper');
    await repository.pushBlob(gone);
    await other.pushBlob(gone);
    const answer = await repository.delete(`blobs/${gone.digest}`);
    expect(answer.status).toBe(202);
    expectError(await repository.getBlob(gone.digest), 404, 'BLOB_UNKNOWN');
    expect((await other.getBlob(gone.digest)).status).toBe(200);
    expectError(await repository.delete(`blobs/${gone.digest}`), 404, 'BLOB_UNKNOWN');
  });

  it('is 405 for a part of an image, which says of which, until that is deleted', async () => {
    const image = imageOf();
    const owner = new Repository(berth, 'owner');
    await owner.push(image, 'v1');
    for (const { digest } of image.blobs) {
      const answer = await owner.delete(`blobs/${digest}`);
      expectError(answer, 405, 'DENIED');
      expect(answer.headers.allow).toBe('GET, HEAD');
      expect(answer.body.toString()).toContain('The blob is a part of owner:v1. Delete that first.');
    }
    await owner.expectWhole('v1', image);
    expect((await owner.delete(`manifests/${image.digest}`)).status).toBe(202);
    for (const { digest } of image.blobs) expect((await owner.delete(`blobs/${digest}`)).status).toBe(202);
  });
});
