import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { get } from '../clients/http.ts';
import { until } from '../clients/until.ts';
import { Desktop, describeDesktop, type BerthWindow } from './desktop.ts';

describeDesktop('the window', () => {
  let desktop: Desktop;
  let page: Page;

  beforeAll(async () => {
    desktop = await Desktop.start();
    page = await desktop.page();
  });
  afterAll(() => desktop.dispose());

  it('closes to the tray while the registry goes on, and comes back', async () => {
    await desktop.closeWindow();
    await until('the window is away', async () => !(await desktop.isVisible()));
    expect((await get(desktop.registry, '/v2/')).status).toBe(200);
    await desktop.clickTray('open');
    await until('the window is there again', () => desktop.isVisible());
  });

  it('closes to the tray from a full screen, which it leaves first', async () => {
    // Where no window manager runs, as here, nothing could fill the screen.
    await desktop.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      let isFull = true;
      const setFullScreen = (wanted: boolean): void =>
        void setImmediate(() => {
          isFull = wanted;
          window?.emit('leave-full-screen');
        });
      Object.assign(window ?? {}, { isFullScreen: () => isFull, setFullScreen });
    });
    await desktop.closeWindow();
    await until('the window is away', async () => !(await desktop.isVisible()));
    const isFullScreen = await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.isFullScreen(),
    );
    expect(isFullScreen).toBe(false);
    await desktop.clickTray('open');
  });

  it('stays where it is when a page leads elsewhere', async () => {
    const address = page.url();
    await page.evaluate(`location.href = 'https://example.com/'`);
    await until('the attempt is in the log', () => desktop.log.includes('may not lead elsewhere'));
    expect(page.url()).toBe(address);
    expect(await page.evaluate(() => 'berth' in globalThis)).toBe(true);
  });

  it('does not become what the registry answers, which is content of images', async () => {
    const address = page.url();
    await page.evaluate(`location.href = '/v2/_catalog'`);
    await until('the attempt is in the log', () => desktop.log.includes('url=berth://window/v2/_catalog'));
    expect(page.url()).toBe(address);
  });

  it('opens https links in the browser, and no others', async () => {
    const open = (url: string): Promise<unknown> => page.evaluate(`void window.open('${url}')`);
    await open('https://opencontainers.org/');
    await until('the browser is asked', async () => (await desktop.shown('openExternal')).length > 0);
    for (const url of ['http://example.com/', 'mailto:somebody@example.com']) await open(url);
    await until('the last is refused', () => desktop.log.includes('only https links are opened url=mailto:'));
    const opened = (await desktop.shown('openExternal')).map(({ args }) => args[0]);
    expect(opened).toEqual(['https://opencontainers.org/']);
    await until('there is one window', () => desktop.app.windows().length === 1);
  });

  it('may use nothing of the machine but the clipboard, to write', async () => {
    const state = (name: string): Promise<string> =>
      page.evaluate(`navigator.permissions.query({ name: '${name}' }).then(({ state }) => state)`);
    expect(await state('geolocation')).toBe('denied');
    expect(await state('notifications')).toBe('denied');
    expect(await state('clipboard-read')).toBe('denied');
    expect(await state('clipboard-write')).toBe('granted');
  });

  it('embeds no other page', async () => {
    const blocked = await page.evaluate<string>(`new Promise((settle) => {
      document.addEventListener('securitypolicyviolation', ({ blockedURI }) => settle(blockedURI));
      const frame = document.createElement('iframe');
      frame.src = 'https://example.com/';
      document.body.append(frame);
    })`);
    expect(blocked).toContain('https://example.com');
    const frames = page.frames().filter((frame) => frame.url().startsWith('https:'));
    expect(frames).toEqual([]);
  });

  it('runs no script that is not a file of its own', async () => {
    const ran = await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'globalThis.injected = true';
      document.body.append(script);
      'injected' in globalThis;
    }`);
    expect(ran).toBe(false);
  });

  it('sees neither Node nor Electron', async () => {
    const seen = await page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in globalThis),
    );
    expect(seen).toEqual([]);
  });

  it('remembers where it was', async () => {
    await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 30, width: 900, height: 620 }),
    );
    const bounds = { x: 40, y: 30, width: 900, height: 620, maximized: false };
    const written = (): unknown => desktop.readSettings()['window'];
    await until('the bounds are written', () => isDeepStrictEqual(written(), bounds));
    await desktop.quit();
    await desktop.start();
    page = await desktop.page();
    const restored = await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.getBounds(),
    );
    expect(restored).toEqual({ x: 40, y: 30, width: 900, height: 620 });
  });

  it('comes back when its page has crashed, but not again and again', async () => {
    const crash = (): Promise<unknown> =>
      desktop.app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
      );
    await until('the window is there', () => desktop.isVisible());
    // What "again and again" is depends on the time, and a busy machine may take long.
    await desktop.app.evaluate(() => {
      const now = performance.now();
      performance.now = () => now;
    });
    let next = desktop.app.waitForEvent('window');
    await crash();
    await next;
    await until('the window is there again', () => desktop.isVisible());
    await until('it is in the log', () =>
      desktop.log.includes('the page of the window has ended reason=crashed'),
    );

    await crash();
    const count = (): Promise<number> =>
      desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
    await until('the window is gone', async () => (await count()) === 0);
    await desktop.app.evaluate(() => void Reflect.deleteProperty(performance, 'now'));
    next = desktop.app.waitForEvent('window');
    await desktop.clickTray('open');
    page = await next;
    await page.waitForFunction(() => 'berth' in globalThis);
  });

  it('follows the appearance that is set', async () => {
    const isDark = (): Promise<boolean> =>
      page.evaluate(`matchMedia('(prefers-color-scheme: dark)').matches`);
    for (const appearance of ['dark', 'light'] as const) {
      await page.evaluate(
        (wanted) => (globalThis as unknown as BerthWindow).berth.settings.change({ appearance: wanted }),
        appearance,
      );
      await until(`the page is ${appearance}`, async () => (await isDark()) === (appearance === 'dark'));
    }
  });
});
