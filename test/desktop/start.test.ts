import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { get, json } from '../clients/http.ts';
import { until } from '../clients/until.ts';
import { Desktop, describeDesktop, type BerthWindow } from './desktop.ts';

describeDesktop('a start', () => {
  let desktop: Desktop;
  let page: Page;

  beforeAll(async () => {
    desktop = await Desktop.start();
    page = await desktop.page();
  });
  afterAll(() => desktop.dispose());

  it('serves the registry', async () => {
    const answer = await get(desktop.registry, '/v2/');
    expect(answer.status).toBe(200);
  });

  it('shows the window', async () => {
    await until('the window is there', () => desktop.isVisible());
  });

  it('tells the page about the desktop', async () => {
    const settings = await page.evaluate(() => (globalThis as unknown as BerthWindow).berth.settings.read());
    expect(settings).toMatchObject({ port: desktop.port, dataFolder: desktop.userData });
  });

  it('hands the requests of the page to the registry', async () => {
    const health = await page.evaluate(async () => (await fetch('/healthz')).json());
    expect(health).toMatchObject({ status: 'ok', dataFolder: desktop.userData });
    expect(json<unknown>(await get(desktop.registry, '/healthz'))).toMatchObject({ status: 'ok' });
  });
});
