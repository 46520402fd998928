import { Agent, request as httpRequest } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { exchange, get, head, json, post, put, send } from './http.ts';
import { imageOf, randomBlob } from './image.ts';
import { expectError, Repository, withQuery } from './repository.ts';

// What real clients depend on: CLIENTS.md, "Transport" and "Ping, auth, errors".

let berth: Berth;
let repository: Repository;
beforeAll(async () => {
  berth = await startBerth();
  repository = new Repository(berth, 'transport');
});
afterAll(() => berth.dispose());

describe('the transport', () => {
  const ipv6 = Object.values(networkInterfaces()).some((list) =>
    list?.some(({ address }) => address === '::1'),
  );
  it.runIf(ipv6)(
    'listens on ::1 as well as on 127.0.0.1, for Go may resolve localhost to either first',
    async () => {
      for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
        expect((await get({ url: `http://${host}:${berth.port}` }, '/v2/')).status, host).toBe(200);
      }
    },
  );

  it('answers a TLS ClientHello with HTTP/1.1 400, so that Docker and containerd fall back to http', async () => {
    const answer = await exchange(berth, await clientHello());
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('keeps an idle connection for longer than the 30 s for which Go clients do', async () => {
    const agent = new Agent({ keepAlive: true });
    const answer = await send(berth, 'GET', '/v2/', { agent });
    agent.destroy();
    expect(answer.headers.connection).toBe('keep-alive');
    const seconds = Number(/timeout=(\d+)/.exec(String(answer.headers['keep-alive']))?.[1]);
    expect(seconds).toBeGreaterThan(30);
  });

  it('serves many requests on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; count < 20; count++) {
      expect((await send(berth, count % 2 ? 'HEAD' : 'GET', '/v2/', { agent })).status).toBe(200);
      expectError(await send(berth, 'GET', repository.path('manifests/none'), { agent }), 404);
    }
    agent.destroy();
  });

  it('asks for the body of a request that expects 100-continue', async () => {
    const blob = randomBlob();
    const location = await repository.openUpload();
    const request = httpRequest(`${berth.url}${withQuery(location, `digest=${blob.digest}`)}`, {
      method: 'PUT',
      headers: { expect: '100-continue', 'content-length': blob.size },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end(blob.bytes);
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(201);
    response.resume();
  });

  it('never compresses, so that lengths and ranges hold', async () => {
    const image = imageOf();
    await repository.push(image, 'identity');
    const headers = { 'accept-encoding': 'zstd, gzip, deflate' };
    const paths = ['manifests/identity', 'tags/list', `referrers/${image.digest}`];
    for (const path of [...paths, ...image.blobs.map(({ digest }) => `blobs/${digest}`)]) {
      const answer = await get(berth, repository.path(path), headers);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(String(answer.headers['content-length']), path).toBe(String(answer.body.length));
    }
  });

  it('takes bodies of unknown length', async () => {
    const blob = randomBlob(100_000);
    const location = await repository.openUpload();
    const headers = { 'transfer-encoding': 'chunked' };
    const answer = await put(berth, withQuery(location, `digest=${blob.digest}`), {
      headers,
      body: blob.bytes,
    });
    expect(answer.status).toBe(201);
    const image = imageOf();
    for (const content of image.blobs) await repository.pushBlob(content);
    const typed = { ...headers, 'content-type': image.mediaType };
    const manifest = await put(berth, repository.path('manifests/chunked'), {
      headers: typed,
      body: image.bytes,
    });
    expect(manifest.status).toBe(201);
    await repository.expectWhole('chunked', image);
  });

  it('takes a request whose head and body arrive in pieces', async () => {
    const blob = randomBlob(64);
    const location = await repository.openUpload();
    const path = withQuery(location, `digest=${blob.digest}`);
    const socket = connect(berth.port, '127.0.0.1');
    const headLines = `PUT ${path} HTTP/1.1\r\nHost: ${berth.host}\r\nContent-Length: 64\r\nConnection: close\r\n\r\n`;
    for (const piece of headLines.match(/[^]{1,7}/g) ?? [])
      await new Promise((done) => socket.write(piece, done));
    for (const byte of blob.bytes) await new Promise((done) => socket.write(Buffer.of(byte), done));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 201 /);
    socket.destroy();
  });
});

describe('GET /v2/', () => {
  it.each(['/v2/', '/v2'])('answers %s with 200 and JSON', async (path) => {
    const answer = await get(berth, path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(json<object>(answer)).toEqual(expect.any(Object));
    expect((await head(berth, path)).status).toBe(200);
  });

  it('names registry/2.0 for old clients', async () => {
    expect((await get(berth, '/v2/')).headers['docker-distribution-api-version']).toBe('registry/2.0');
  });
});

describe('an error', () => {
  it('is JSON with a code, a message and a detail wherever it comes from', async () => {
    expectError(await get(berth, repository.path('manifests/none')), 404, 'MANIFEST_UNKNOWN');
    expectError(await get(berth, repository.path(`blobs/${randomBlob().digest}`)), 404, 'BLOB_UNKNOWN');
    expectError(await get(berth, repository.path('blobs/uploads/none')), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await get(berth, '/v2/transport/nothing/here'), 404);
    expectError(await get(berth, '/nothing/here'), 404);
    expectError(await post(berth, '/v2/'), 405);
  });

  it('has no body when it answers a HEAD', async () => {
    const answer = await head(berth, repository.path('manifests/none'));
    expect([answer.status, answer.body.length]).toEqual([404, 0]);
  });

  it('does not spoil the connection for the next request', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const body = Buffer.alloc(300_000, '{');
    const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
    expectError(await send(berth, 'PUT', repository.path('manifests/v1'), { agent, headers, body }), 400);
    expect((await send(berth, 'GET', '/v2/', { agent })).status).toBe(200);
    agent.destroy();
  });
});

describe('a web page that reaches for the registry', () => {
  it.each(['evil.example', 'evil.example:5080', 'localhost.evil.example', '127.0.0.1.evil.example'])(
    'is refused when the Host is %s, which only a rebound name can be',
    async (host) => {
      const answer = await get(berth, '/v2/_catalog', { host });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    },
  );

  it.each([
    'localhost',
    '127.0.0.1',
    '[::1]',
    'my.localhost',
    'host.docker.internal',
    'host.containers.internal',
  ])('is not confused with a client that says Host: %s', async (name) => {
    expect((await get(berth, '/v2/', { host: `${name}:${berth.port}` })).status).toBe(200);
  });

  it('is refused when it names a foreign Origin', async () => {
    const answer = await get(berth, '/v2/_catalog', { origin: 'http://evil.example' });
    expect(answer.status).toBe(403);
  });
});

/** The first bytes that a TLS client sends, taken from one. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectTls({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  client.on('error', () => undefined); // nobody answers it
  const [socket] = await once(server, 'connection');
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}
