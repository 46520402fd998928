import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { until } from '../clients/until.ts';
import { Desktop, describeDesktop, type BerthWindow } from './desktop.ts';

describeDesktop('what the window asks of main', () => {
  let desktop: Desktop;
  let page: Page;
  let foreign: Server;

  beforeAll(async () => {
    desktop = await Desktop.start();
    page = await desktop.page();
    foreign = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<title>foreign</title>'),
    );
    await new Promise<void>((settle) => foreign.listen(0, '127.0.0.1', settle));
  });
  afterAll(async () => {
    await desktop.dispose();
    foreign.close();
  });

  const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

  it('is refused to a page of another origin, with the same preload', async () => {
    const { port } = foreign.address() as { port: number };
    const opened = desktop.app.waitForEvent('window');
    await desktop.app.evaluate(async ({ app, BrowserWindow }, url) => {
      const preload = `${app.getAppPath()}/dist/preload.cjs`;
      await new BrowserWindow({ webPreferences: { preload } }).loadURL(url);
    }, `http://127.0.0.1:${port}/`);
    const other = await opened;
    await other.waitForFunction(() => 'berth' in globalThis);
    for (const ask of [
      () => other.evaluate(() => (globalThis as unknown as BerthWindow).berth.settings.read()),
      () =>
        other.evaluate(() => (globalThis as unknown as BerthWindow).berth.trouble.choose({ choice: 'quit' })),
    ]) {
      const refused = await ask().catch(message);
      expect(refused).toContain('This page may not use Berth.');
    }
    await other.close();
  });

  it.each([
    ['a port that is none', { port: 70_000 }],
    ['a port that is text', { port: '5080' }],
    ['a folder without a name', { dataFolder: '' }],
    ['a folder that depends on where the app was started', { dataFolder: 'data' }],
  ])('is refused with %s', async (_what, to) => {
    const refused = await page
      .evaluate((place) => (globalThis as unknown as BerthWindow).berth.settings.move(place as object), to)
      .catch(message);
    expect(refused).toContain('settings:move was called with');
    expect(desktop.readSettings()['port']).toBe(desktop.port);
  });

  it('is refused with settings that nobody may change this way', async () => {
    const refused = await page
      .evaluate(() =>
        (globalThis as unknown as BerthWindow).berth.settings.change({ port: 1 } as unknown as object),
      )
      .catch(message);
    expect(refused).toContain('settings:change was called with');
  });

  it('shows no token and no port: neither in the page nor in what it is answered', async () => {
    const seen = await page.evaluate<string>(`(async () => {
      const answer = await fetch('/healthz');
      const headers = JSON.stringify([...answer.headers]);
      const page = document.documentElement.outerHTML + JSON.stringify(berth) + JSON.stringify({ ...localStorage });
      return [headers, await answer.text(), page, document.cookie].join('\\n');
    })()`);
    expect(seen).not.toMatch(/bearer|authorization|token/i);
  });

  it('changes a setting, and tells every part of the app', async () => {
    await page.evaluate(() => {
      const heard: unknown[] = [];
      Object.assign(globalThis, { heard });
      (globalThis as unknown as BerthWindow).berth.settings.onChange((settings) => heard.push(settings));
    });
    await page.evaluate(() =>
      (globalThis as unknown as BerthWindow).berth.settings.change({ notifications: false }),
    );
    await until('the page hears of it', () =>
      page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard.length > 0),
    );
    expect(desktop.readSettings()).toMatchObject({ notifications: false });
  });
});
