import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { del, get, patch, post, put, type Answer } from './http.ts';
import { content, digestOf, imageOf, randomBlob, type Content } from './image.ts';
import { present } from './present.ts';
import { expectError, Repository, withQuery } from './repository.ts';

// What real clients depend on: CLIENTS.md, "Uploads".

let berth: Berth;
let repository: Repository;
beforeAll(async () => {
  berth = await startBerth();
  repository = new Repository(berth, 'uploads');
});
afterAll(() => berth.dispose());

/** A Location that every client can follow: a path, without scheme or host. */
function locationOf(answer: Answer): string {
  expect(answer.headers.location).toMatch(/^\/v2\/[^/]/);
  return present(answer.headers.location);
}

function finish(location: string, blob: Content, body?: Uint8Array): Promise<Answer> {
  return put(berth, withQuery(location, `digest=${blob.digest}`), body === undefined ? {} : { body });
}

async function expectStored(answer: Answer, blob: Content, stored = repository): Promise<void> {
  expect(answer.status, `${answer.body}`).toBe(201);
  expect(answer.headers['docker-content-digest']).toBe(blob.digest);
  expect(answer.headers['content-length']).toBe('0');
  expect(locationOf(answer)).toBe(stored.path(`blobs/${blob.digest}`));
  expect((await stored.getBlob(blob.digest)).body.equals(blob.bytes)).toBe(true);
}

describe('POST /v2/<name>/blobs/uploads/', () => {
  it.each(['blobs/uploads/', 'blobs/uploads'])('opens a session at %s with 202', async (path) => {
    const answer = await post(berth, repository.path(path), {
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(202);
    locationOf(answer);
    expect(answer.headers['docker-upload-uuid']).toMatch(/^[\w-]+$/);
    expect(answer.headers.range).toBe('0-0');
    expect(answer.headers['content-length']).toBe('0');
  });

  it('stores a blob that comes with it, in one request', async () => {
    const blob = randomBlob();
    const path = withQuery(repository.path('blobs/uploads/'), `digest=${blob.digest}`);
    await expectStored(await post(berth, path, { body: blob.bytes }), blob);
  });

  it('refuses a blob that comes with it when the digest is another one', async () => {
    const path = withQuery(repository.path('blobs/uploads/'), `digest=${randomBlob().digest}`);
    expectError(await post(berth, path, { body: 'other bytes' }), 400, 'DIGEST_INVALID');
  });

  it('hashes with sha512 when digest-algorithm asks for it', async () => {
    const { bytes } = randomBlob();
    const blob = { ...content('', bytes), digest: digestOf(bytes, 'sha512') };
    const answer = await post(berth, repository.path('blobs/uploads/?digest-algorithm=sha512'));
    expect(answer.status).toBe(202);
    await expectStored(await finish(locationOf(answer), blob, bytes), blob);
  });

  it('takes sha512 that nobody announced', async () => {
    const { bytes } = randomBlob();
    const blob = { ...content('', bytes), digest: digestOf(bytes, 'sha512') };
    const sent = await patch(berth, await repository.openUpload(), { body: bytes });
    await expectStored(await finish(locationOf(sent), blob), blob);
  });
});

describe('PATCH <upload>', () => {
  it('takes a whole blob without Content-Range, as docker, podman and crane send it', async () => {
    const blob = randomBlob(5000);
    const answer = await patch(berth, await repository.openUpload(), { body: blob.bytes });
    expect(answer.status).toBe(202);
    expect(answer.headers.range).toBe('0-4999');
    expect(answer.headers['docker-upload-uuid']).toBeTruthy();
    await expectStored(await finish(locationOf(answer), blob), blob);
  });

  it.each(['', 'bytes '])(
    'takes chunks whose Content-Range begins "%s0-", and counts them up',
    async (unit) => {
      const blob = randomBlob(3000);
      let location = await repository.openUpload();
      for (const [from, to] of [
        [0, 1023],
        [1024, 2047],
        [2048, 2999],
      ] as const) {
        const total = unit ? '/3000' : '';
        const answer = await patch(berth, location, {
          headers: { 'content-range': `${unit}${from}-${to}${total}` },
          body: blob.bytes.subarray(from, to + 1),
        });
        expect(answer.status).toBe(202);
        expect(answer.headers.range).toBe(`0-${to}`);
        location = locationOf(answer);
      }
      await expectStored(await finish(location, blob), blob);
    },
  );

  it('says 0-0 after no byte at all, which docker can parse', async () => {
    const answer = await patch(berth, await repository.openUpload(), { body: '' });
    expect([answer.status, answer.headers.range]).toEqual([202, '0-0']);
  });

  it('refuses a chunk out of order with 416, and says where to go on', async () => {
    const blob = randomBlob(2048);
    const location = await repository.openUpload();
    const first = await patch(berth, location, {
      headers: { 'content-range': '0-1023' },
      body: blob.bytes.subarray(0, 1024),
    });
    for (const range of ['1025-2048', '0-1023', '5000-6023']) {
      const answer = await patch(berth, locationOf(first), {
        headers: { 'content-range': range },
        body: blob.bytes.subarray(1024),
      });
      expectError(answer, 416);
      locationOf(answer);
      expect(answer.headers.range).toBe('0-1023');
    }
    const rest = await patch(berth, locationOf(first), {
      headers: { 'content-range': '1024-2047' },
      body: blob.bytes.subarray(1024),
    });
    await expectStored(await finish(locationOf(rest), blob), blob);
  });
});

describe('PUT <upload>?digest=', () => {
  it('takes the whole blob, as containerd and oras send it', async () => {
    const blob = randomBlob();
    await expectStored(await finish(await repository.openUpload(), blob, blob.bytes), blob);
  });

  it('takes the last chunk', async () => {
    const blob = randomBlob(2000);
    const sent = await patch(berth, await repository.openUpload(), { body: blob.bytes.subarray(0, 1500) });
    const path = withQuery(locationOf(sent), `digest=${blob.digest}`);
    const headers = { 'content-range': '1500-1999', 'content-type': 'application/octet-stream' };
    await expectStored(await put(berth, path, { headers, body: blob.bytes.subarray(1500) }), blob);
  });

  it('takes an empty blob', async () => {
    const blob = content('', Buffer.alloc(0));
    await expectStored(await finish(await repository.openUpload(), blob), blob);
  });

  it('takes its digest beside whatever else the query holds, in any order, escaped or not', async () => {
    for (const query of ['digest=DIGEST&state=abc', 'state=abc&digest=DIGEST', 'x=&digest=ESCAPED']) {
      const blob = randomBlob();
      const location = await repository.openUpload();
      const [path, own] = location.split('?');
      const filled = query.replace('DIGEST', blob.digest).replace('ESCAPED', encodeURIComponent(blob.digest));
      const answer = await put(berth, `${path}?${[filled, own].filter(Boolean).join('&')}`, {
        body: blob.bytes,
      });
      await expectStored(answer, blob);
    }
  });

  it('refuses another digest with DIGEST_INVALID and links nothing', async () => {
    const blob = randomBlob();
    const answer = await finish(await repository.openUpload(), blob, Buffer.from('other bytes'));
    expectError(answer, 400, 'DIGEST_INVALID');
    expectError(await repository.getBlob(blob.digest), 404, 'BLOB_UNKNOWN');
  });

  it('refuses a PUT without a digest', async () => {
    expectError(await put(berth, await repository.openUpload(), { body: 'bytes' }), 400, 'DIGEST_INVALID');
  });
});

describe('GET and DELETE <upload>', () => {
  it('tells how far an upload is with 204, Range and Location', async () => {
    const sent = await patch(berth, await repository.openUpload(), { body: Buffer.alloc(1000) });
    const answer = await get(berth, locationOf(sent));
    expect([answer.status, answer.headers.range]).toEqual([204, '0-999']);
    expect(answer.headers['docker-upload-uuid']).toBeTruthy();
    locationOf(answer);
  });

  it('cancels an upload with 204, after which it is unknown', async () => {
    const location = await repository.openUpload();
    expect((await del(berth, location)).status).toBe(204);
    expectError(await get(berth, location), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await patch(berth, location, { body: 'late' }), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await del(berth, location), 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('knows a session in its own repository only', async () => {
    const location = await repository.openUpload();
    expectError(await get(berth, location.replace('/uploads/', '/elsewhere/')), 404, 'BLOB_UPLOAD_UNKNOWN');
  });
});

describe('POST /v2/<name>/blobs/uploads/?mount=', () => {
  const target = (name: string): Repository => new Repository(berth, name);
  const mount = (into: Repository, digest: string, query = ''): Promise<Answer> =>
    post(berth, into.path(`blobs/uploads/?mount=${digest}${query}`));

  it('links a blob of another repository with 201 and its digest', async () => {
    const blob = randomBlob();
    await repository.pushBlob(blob);
    await expectStored(await mount(target('mounted'), blob.digest, '&from=uploads'), blob, target('mounted'));
  });

  it('finds a blob without being told where', async () => {
    const blob = randomBlob();
    await repository.pushBlob(blob);
    await expectStored(await mount(target('anonymous'), blob.digest), blob, target('anonymous'));
  });

  it('opens a session that works when there is nothing to mount, never an error', async () => {
    for (const query of ['', '&from=uploads', '&from=no/such/repository', '&from=Not%20A%20Name', '&from=']) {
      const blob = randomBlob();
      const answer = await mount(target('fallback'), blob.digest, query);
      expect(answer.status, query).toBe(202);
      await expectStored(await finish(locationOf(answer), blob, blob.bytes), blob, target('fallback'));
    }
  });

  it('shows a blob in no repository that it was not pushed to or mounted into', async () => {
    const image = imageOf();
    await repository.push(image, 'v1');
    for (const { digest } of image.blobs) {
      expectError(await target('stranger').getBlob(digest), 404);
      expect((await target('stranger').headBlob(digest)).status).toBe(404);
    }
  });
});
