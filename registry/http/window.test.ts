import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { get, json, send, type Target } from '../../test/clients/http.ts';
import { startRegistry, type Registry } from '../index.ts';

const HTML = '<!doctype html><script type="module" src="./assets/app-1.js"></script>';

let folder: string;
let registry: Registry & Target;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-window-'));
  await mkdir(join(folder, 'window/assets'), { recursive: true });
  await writeFile(join(folder, 'window/index.html'), HTML);
  await writeFile(join(folder, 'window/assets/app-1.js'), 'export {};');
  await writeFile(join(folder, 'window/assets/app-1.js.map'), '{}');
  await writeFile(join(folder, 'secret.txt'), 'treasure');
  registry = await start(join(folder, 'window'));
});
afterEach(async () => {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(windowFolder?: string): Promise<Registry> {
  return await startRegistry({
    dataFolder: join(folder, 'data'),
    port: 0,
    window: { token: 'secret' },
    ...(windowFolder === undefined ? {} : { windowFolder }),
  });
}

describe('GET /', () => {
  it('is the window, which may load nothing but its own files', async () => {
    const { status, headers, body } = await get(registry, '/', { accept: 'text/html,*/*;q=0.8' });
    expect([status, body.toString()]).toEqual([200, HTML]);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    const again = await get(registry, '/', { 'if-none-match': String(headers.etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it('says to programs what they have found', async () => {
    const answer = await get(registry, '/', { accept: 'application/json' });
    expect(json(answer)).toMatchObject({ name: 'Berth', registry: '/v2/' });
  });

  it('says so to everybody where no window was built', async () => {
    await registry.stop();
    registry = await start();
    expect(json(await get(registry, '/'))).toMatchObject({ name: 'Berth' });
    await registry.stop();
    registry = await start(join(folder, 'nowhere'));
    expect(json(await get(registry, '/', { accept: 'text/html' }))).toMatchObject({ name: 'Berth' });
  });
});

describe('GET of a file of the window', () => {
  it('may be kept for ever if its name has a hash', async () => {
    const { status, headers, body } = await get(registry, '/assets/app-1.js');
    expect([status, body.toString()]).toEqual([200, 'export {};']);
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect((await send(registry, 'HEAD', '/assets/app-1.js')).status).toBe(200);
  });

  it.each([
    '/assets/app-1.js.map',
    '/assets/',
    '/assets',
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '//secret.txt',
    '/assets/app-1.js%00',
  ])('finds nothing at %s', async (path) => {
    const { status, body } = await get(registry, path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.toString()).not.toContain('treasure');
  });
});

describe('requests of browsers', () => {
  const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

  it.each(['cross-site', 'same-site'])(
    'are refused when they are %s, but for a link to the window',
    async (site) => {
      const of = (path: string, headers = {}) => get(registry, path, { 'sec-fetch-site': site, ...headers });
      expect((await of('/', link)).status).toBe(200);
      expect((await of('/')).status).toBe(403);
      expect((await of('/', { ...link, 'sec-fetch-dest': 'iframe' })).status).toBe(403);
      for (const path of ['/assets/app-1.js', '/v2/', '/_stats', '/api/settings', '/metrics']) {
        expect((await of(path, link)).status).toBe(403);
      }
    },
  );

  it('are recorded as those of the window when they come from its own page', async () => {
    const own = { 'sec-fetch-site': 'same-origin', 'user-agent': 'Mozilla/5.0' };
    const headers = { ...own, 'content-type': 'application/vnd.oci.image.index.v1+json' };
    const body = '{"schemaVersion":2,"manifests":[]}';
    expect((await send(registry, 'PUT', '/v2/app/manifests/v1', { headers, body })).status).toBe(201);
    const answer = await get(registry, '/api/changes');
    expect(json(answer)).toMatchObject({ changes: [{ actor: { client: 'Berth window' } }] });
  });

  it('look at a manifest without pulling it', async () => {
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
    const body = '{"schemaVersion":2,"manifests":[]}';
    await send(registry, 'PUT', '/v2/app/manifests/v1', { headers, body });
    await get(registry, '/v2/app/manifests/v1', { 'sec-fetch-site': 'same-origin' });
    await registry.stop();
    const journal = await readFile(join(folder, 'data/journal/00000001.log'), 'utf8');
    expect(journal).toContain('manifest.put');
    expect(journal).not.toContain('observed');
    registry = await start();
  });
});

describe('requests of the desktop app', () => {
  it('are let in with its token, and its page not without', async () => {
    const page = { origin: 'berth://window', 'sec-fetch-site': 'cross-site' };
    const of = (headers: object) => get(registry, '/_stats', { ...page, ...headers });
    expect((await of({ authorization: 'Bearer secret' })).status).toBe(200);
    expect((await of({ authorization: 'Bearer wrong' })).status).toBe(403);
    expect((await of({})).status).toBe(403);
    const other = { origin: 'http://evil.example', authorization: 'Bearer secret' };
    expect((await get(registry, '/_stats', other)).status).toBe(403);
  });
});
