import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { digestOf, imageOf } from '../clients/image.ts';
import { Repository } from '../clients/repository.ts';
import { until } from '../clients/until.ts';
import { freePort } from '../free-port.mjs';
import { Desktop, describeDesktop, type BerthWindow } from './desktop.ts';

describeDesktop('the window’s own protocol', () => {
  let desktop: Desktop;
  let page: Page;

  beforeAll(async () => {
    desktop = await Desktop.start();
    page = await desktop.page();
  });
  afterAll(() => desktop.dispose());

  it('serves a file of the window with a strict policy', async () => {
    const policy = await page.evaluate<string>(
      `fetch('/index.html').then(({ headers }) => headers.get('content-security-policy'))`,
    );
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  it.each(['/../package.json', '/%2e%2e/package.json', '/main.js', '/assets/', '/..%2fpreload.cjs'])(
    'serves nothing at %s',
    async (path) => {
      expect(await page.evaluate<number>(`fetch('${path}').then(({ status }) => status)`)).toBe(404);
    },
  );

  it('passes on what the registry says, whatever its status', async () => {
    const answer = await page.evaluate<{ status: number; code: string }>(
      `fetch('/v2/absent/tags/list').then(async (answer) =>
        ({ status: answer.status, code: (await answer.json()).errors[0].code }))`,
    );
    expect(answer).toEqual({ status: 404, code: 'NAME_UNKNOWN' });
  });

  it('streams events to the page while they happen, and ends with it', async () => {
    await page.evaluate(`{
      globalThis.heard = '';
      globalThis.stop = new AbortController();
      void fetch('/api/events', { signal: stop.signal }).then(async ({ body }) => {
        for await (const chunk of body.pipeThrough(new TextDecoderStream())) heard += chunk;
      }).catch(() => { heard += 'ended'; });
    }`);
    const hears = (what: string): Promise<unknown> =>
      until(`the page hears ${what}`, () => page.evaluate<boolean>(`heard.includes('${what}')`));
    await hears('event: reset');
    await new Repository(desktop.registry, 'streamed').push(imageOf(), 'v1');
    await hears('"repositories":["streamed"]');
    await page.evaluate('stop.abort()');
    await hears('ended');
    expect(await page.evaluate<number>(`fetch('/healthz').then(({ status }) => status)`)).toBe(200);
  });

  it('streams a body to the registry', async () => {
    const size = 8 << 20;
    await page.evaluate(`globalThis.bytes = new Uint8Array(${size})`);
    // Made in the page, where it is the same each time: what counts is that it arrives whole.
    const digest = digestOf(Buffer.alloc(size));
    const status = await page.evaluate<number>(`(async () => {
      const { headers } = await fetch('/v2/up/blobs/uploads/', { method: 'POST' });
      const location = headers.get('location');
      const answer = await fetch(location + (location.includes('?') ? '&' : '?') + 'digest=${digest}', {
        method: 'PUT', body: new Blob([bytes]),
      });
      return answer.status;
    })()`);
    expect(status).toBe(201);
    const stored = await new Repository(desktop.registry, 'up').headBlob(digest);
    expect(stored.headers['content-length']).toBe(String(size));
  });

  it('goes on when the registry moves to another port, and back when that is taken', async () => {
    const move = (port: number): Promise<unknown> =>
      page.evaluate(
        (wanted) => (globalThis as unknown as BerthWindow).berth.settings.move({ port: wanted }),
        port,
      );
    const other = await freePort();
    expect(await move(other)).toBeNull();
    expect(await page.evaluate<number>(`fetch('/v2/').then(({ status }) => status)`)).toBe(200);
    expect(desktop.readSettings()['port']).toBe(other);
    await until('the tray says so', async () =>
      (await desktop.trayItem('state'))?.label.endsWith(`localhost:${other}`),
    );

    const taken = await freePort();
    const holder = createServer();
    await new Promise<void>((settle) => holder.listen(taken, '127.0.0.1', settle));
    expect(await move(taken)).toMatchObject({ kind: 'port taken', port: taken });
    holder.close();
    expect(await page.evaluate<number>(`fetch('/v2/').then(({ status }) => status)`)).toBe(200);
    expect(desktop.readSettings()['port']).toBe(other);
  });
});
