import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { exchange, get, send, type Answer } from './http.ts';
import { imageOf, MANIFEST, randomBlob } from './image.ts';
import { expectErrorBody, Repository, withQuery } from './repository.ts';
import { until } from './until.ts';

// What a client can do wrong below HTTP's surface. The answer, if there is one to be given, is still JSON.

let berth: Berth;
let repository: Repository;
beforeAll(async () => {
  berth = await startBerth();
  repository = new Repository(berth, 'sockets');
  await repository.push(imageOf(), 'v1');
});
afterAll(() => berth.dispose());

const headLines = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

/** Reads an answer from the bytes of a connection that the server has closed. */
function parse(bytes: Buffer): Answer {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [statusLine, ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.replace(/:.*$/s, '').toLowerCase(), line.replace(/^[^:]*:\s*/, '')]),
  );
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine ?? '')?.[1]),
    headers,
    rawHeaders: lines,
    body: bytes.subarray(end + 4),
  };
}

function expectRefusal(bytes: Buffer): void {
  const answer = parse(bytes);
  expect(answer.status, bytes.toString('latin1')).toBeGreaterThanOrEqual(400);
  expect(answer.status, bytes.toString('latin1')).toBeLessThan(500);
  expectErrorBody(answer);
}

describe('a request that is no HTTP', () => {
  it.each([
    ['garbage', 'this is not http\r\n\r\n'],
    ['bytes', Buffer.from([0, 1, 2, 3, 255, 254, 13, 10, 13, 10])],
    ['a header without a colon', headLines('GET /v2/ HTTP/1.1', 'Host: localhost', 'garbage')],
    ['a control character in a header', headLines('GET /v2/ HTTP/1.1', 'Host: localhost', 'X: a\u0001b')],
    ['no Host', headLines('GET /v2/ HTTP/1.1', 'Connection: close')],
    [
      'two Hosts',
      headLines('GET /v2/ HTTP/1.1', 'Host: localhost', 'Host: evil.example', 'Connection: close'),
    ],
    ['HTTP/9.9', headLines('GET /v2/ HTTP/9.9', 'Host: localhost')],
    [
      'a length that is text',
      headLines('PUT /v2/a/manifests/v1 HTTP/1.1', 'Host: localhost', 'Content-Length: many'),
    ],
    [
      'a negative length',
      headLines('PUT /v2/a/manifests/v1 HTTP/1.1', 'Host: localhost', 'Content-Length: -1'),
    ],
    [
      'two lengths',
      headLines(
        'PUT /v2/a/manifests/v1 HTTP/1.1',
        'Host: localhost',
        'Content-Length: 1',
        'Content-Length: 2',
      ),
    ],
    [
      'a length and chunks',
      headLines(
        'PUT /v2/a/manifests/v1 HTTP/1.1',
        'Host: localhost',
        'Content-Length: 1',
        'Transfer-Encoding: chunked',
      ),
    ],
    ['a method that does not exist', headLines('BREW /v2/ HTTP/1.1', 'Host: localhost')],
  ])('is refused with a 4xx: %s', async (_name, bytes) => {
    expectRefusal(await exchange(berth, bytes));
  });

  it('is refused with 431 when its headers have no end', async () => {
    const answer = await exchange(
      berth,
      headLines('GET /v2/ HTTP/1.1', 'Host: localhost', `X: ${'x'.repeat(200_000)}`),
    );
    expectRefusal(answer);
    expect(parse(answer).status).toBe(431);
  });

  it('is refused when its path has no end', async () => {
    expectRefusal(
      await exchange(berth, headLines(`GET /v2/${'a/'.repeat(50_000)} HTTP/1.1`, 'Host: localhost')),
    );
  });

  it('is refused when its chunks are none', async () => {
    const lines = headLines(
      `PUT ${repository.path('manifests/x')} HTTP/1.1`,
      'Host: localhost',
      'Transfer-Encoding: chunked',
    );
    expectRefusal(await exchange(berth, `${lines}zz\r\nnot a chunk\r\n`));
  });

  it('does no harm as a CONNECT, an Upgrade or an absolute address', async () => {
    const host = ['Host: localhost', 'Connection: close'];
    const connecting = parse(
      await exchange(berth, headLines('CONNECT evil.example:443 HTTP/1.1', ...host), {
        halfClose: true,
      }).catch(() => Buffer.alloc(0)),
    );
    expect(connecting.status).not.toBe(200);
    const upgrading = await exchange(
      berth,
      headLines('GET /v2/ HTTP/1.1', 'Host: localhost', 'Connection: Upgrade, close', 'Upgrade: websocket'),
      { halfClose: true },
    );
    expect(parse(upgrading).status).toBe(200);
    const absolute = await exchange(
      berth,
      headLines('GET http://evil.example/v2/_catalog HTTP/1.1', 'Host: evil.example', 'Connection: close'),
    );
    expectRefusal(absolute);
  });
});

describe('a body that is not as it was announced', () => {
  it('is refused when it ends early, and nothing of it is linked', async () => {
    const blob = randomBlob(1000);
    const path = withQuery(await repository.openUpload(), `digest=${blob.digest}`);
    const lines = headLines(`PUT ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 1000');
    await exchange(berth, Buffer.concat([Buffer.from(lines), blob.bytes.subarray(0, 500)]), {
      halfClose: true,
    });
    expect((await repository.headBlob(blob.digest)).status).toBe(404);
  });

  it('is refused when a manifest ends early', async () => {
    const image = imageOf();
    const lines = headLines(
      `PUT ${repository.path('manifests/early')} HTTP/1.1`,
      'Host: localhost',
      `Content-Type: ${MANIFEST}`,
      `Content-Length: ${image.size}`,
    );
    await exchange(berth, Buffer.concat([Buffer.from(lines), image.bytes.subarray(0, 100)]), {
      halfClose: true,
    });
    expect((await repository.headManifest('early')).status).toBe(404);
  });

  it('is cut at its length when it is longer, and what follows is no request', async () => {
    const blob = randomBlob(1000);
    const path = withQuery(await repository.openUpload(), `digest=${blob.digest}`);
    const lines = headLines(`PUT ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 500');
    expectRefusal(await exchange(berth, Buffer.concat([Buffer.from(lines), blob.bytes])));
    expect((await repository.headBlob(blob.digest)).status).toBe(404);
  });
});

describe('a client that sends a byte a second', () => {
  it('keeps nobody else waiting, and may go on', async () => {
    const blob = randomBlob(3);
    const path = withQuery(await repository.openUpload(), `digest=${blob.digest}`);
    const slow = connect(berth.port, '127.0.0.1');
    slow.write(
      headLines(`PUT ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 3', 'Connection: close'),
    );
    for (const byte of blob.bytes) {
      const began = performance.now();
      expect((await get(berth, '/v2/')).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(1000);
      await new Promise((second) => setTimeout(second, 1000));
      slow.write(Buffer.of(byte));
    }
    const [answer] = (await once(slow, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 201 /);
    slow.destroy();
  });
});

describe('clients that go away', () => {
  const ROUNDS = 30;

  it('leave no file handle and no upload file behind', async () => {
    const big = randomBlob(4 * 1024 * 1024);
    await repository.pushBlob(big);
    await breakOff(big.digest); // the first round opens what stays open, such as the journal
    const files = berth.openFiles();
    const uploads = berth.uploadFiles().length;
    for (let round = 0; round < ROUNDS; round++) await breakOff(big.digest);
    await until('file handles are back where they were', () => berth.openFiles() <= files);
    // A session that was opened and abandoned is kept for its client to come back; all else is gone.
    await until('upload files are back where they were', () => berth.uploadFiles().length <= uploads);
    expect((await send(berth, 'GET', '/v2/')).status).toBe(200);
  });

  /** Breaks off a download, a manifest and a blob that comes with its POST, each in the middle. */
  async function breakOff(digest: string): Promise<void> {
    const download = httpRequest(`${berth.url}${repository.path(`blobs/${digest}`)}`);
    download.on('error', () => undefined).end();
    const [response] = await once(download, 'response');
    await once(response, 'readable');
    response.on('error', () => undefined);
    download.destroy();
    const announced = { 'content-length': 1_000_000 };
    const single = withQuery(repository.path('blobs/uploads/'), `digest=${digest.replace(/.$/, '0')}`);
    for (const [method, path] of [
      ['PUT', repository.path('manifests/half')],
      ['POST', single],
    ] as const) {
      const upload = httpRequest(`${berth.url}${path}`, { method, headers: announced });
      upload.on('error', () => undefined);
      await new Promise<unknown>((flushed) => upload.write(Buffer.alloc(1000), flushed));
      upload.destroy();
    }
    const location = await repository.openUpload();
    const cancelled = httpRequest(`${berth.url}${location}`, { method: 'PATCH', headers: announced });
    cancelled.on('error', () => undefined);
    await new Promise<unknown>((flushed) => cancelled.write(Buffer.alloc(1000), flushed));
    cancelled.destroy();
    await until(
      'the cut upload can be cancelled',
      async () => (await send(berth, 'DELETE', location)).status === 204,
    );
  }
});
