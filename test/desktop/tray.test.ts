import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { imageOf, randomLayer } from '../clients/image.ts';
import { Repository } from '../clients/repository.ts';
import { until } from '../clients/until.ts';
import { Desktop, describeDesktop, type BerthWindow, type TrayItem } from './desktop.ts';

describeDesktop('the tray', () => {
  let desktop: Desktop;
  let page: Page;

  beforeAll(async () => {
    desktop = await Desktop.start();
    page = await desktop.page();
    await page.evaluate(() => {
      const heard: unknown[] = [];
      Object.assign(globalThis, { heard });
      (globalThis as unknown as BerthWindow).berth.onCommand((command) => heard.push(command));
    });
  });
  afterAll(() => desktop.dispose());

  const heard = (): Promise<unknown[]> =>
    page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard.splice(0));
  const hears = (command: string): Promise<unknown> =>
    until(`the window hears ${command}`, async () =>
      (await heard()).find((each) => (each as { command: string }).command === command),
    );

  const recent = async (): Promise<TrayItem[]> =>
    (await desktop.tray()).items.filter(({ id }) => id?.startsWith('recent:'));

  it('says where the registry runs, and copies the address', async () => {
    const state = await until('it runs', async () => {
      const item = await desktop.trayItem('state');
      return item?.label.startsWith('Running') === true ? item : undefined;
    });
    expect(state.label).toBe(`Running on localhost:${desktop.port}`);
    await desktop.clickTray('copy');
    expect((await desktop.shown('writeText'))[0]?.args).toEqual([`localhost:${desktop.port}`]);
  });

  it('begins without images', async () => {
    await until('that is known', async () => (await desktop.trayItem('recent'))?.label === 'No images yet');
  });

  it('shows what was pushed, newest first, and tells of it', async () => {
    const image = imageOf();
    await new Repository(desktop.registry, 'team/app').push(image, 'v1');
    await until('the image is there', () => desktop.trayItem('recent:team/app:v1'));
    const told = await until('it is told', async () => (await desktop.shown('notification'))[0]);
    expect(told.args).toEqual([{ title: 'Image arrived', body: 'team/app:v1' }]);

    await new Repository(desktop.registry, 'lib').push(imageOf(), 'latest');
    await until('the next image is there', () => desktop.trayItem('recent:lib:latest'));
    expect((await recent()).map(({ label }) => label)).toEqual(['lib:latest', 'team/app:v1']);
  });

  it('tells of many images at once', async () => {
    const before = (await desktop.shown('notification')).length;
    const push = (index: number): Promise<unknown> =>
      new Repository(desktop.registry, `many/${index}`).push(imageOf(), 'v1');
    await Promise.all([0, 1, 2, 3, 4, 5, 6].map(push));
    await push(7);
    const last = await until('several are told together', async () =>
      (await desktop.shown('notification'))
        .slice(before)
        .map(({ args }) => (args[0] as { title: string }).title)
        .find((title) => /^\d+ images arrived$/.test(title)),
    );
    expect(Number.parseInt(last, 10)).toBeGreaterThan(1);
    expect((await desktop.shown('notification')).length - before).toBeLessThan(8);
    await until('the tray has them too', () => desktop.trayItem('recent:many/7:v1'));
    expect((await recent()).length).toBe(5);
  });

  it('opens an image in the window', async () => {
    await desktop.closeWindow();
    await desktop.clickTray('recent:many/7:v1');
    expect(await hears('open image')).toEqual({
      command: 'open image',
      repository: 'many/7',
      reference: 'v1',
    });
    expect(await desktop.isVisible()).toBe(true);
  });

  it.each([
    ['clean-up', 'clean up'],
    ['import', 'import'],
  ])('has %s done by the window', async (item, command) => {
    await desktop.clickTray(item);
    expect(await hears(command)).toEqual({ command });
  });

  it('says what is used, and what could be freed', async () => {
    const repository = new Repository(desktop.registry, 'waste');
    await repository.push(imageOf({ layers: [randomLayer(2_000_000)] }), 'v1');
    const space = await until('the space is known', async () => {
      const label = (await desktop.trayItem('space'))?.label;
      return label !== undefined && /^\d.* used/.test(label) ? label : undefined;
    });
    expect(space).toMatch(/^\d+\.\d [kM]B used/);
  });

  it('tells of a clean-up and what it freed', async () => {
    await page.evaluate(`fetch('/api/settings', { method: 'PATCH', body: JSON.stringify({ undoDays: 0 }) })`);
    await page.evaluate(`fetch('/api/repositories?name=waste', { method: 'DELETE' })`);
    await page.evaluate(
      `fetch('/api/reclaim', { method: 'POST', body: JSON.stringify({ emptyTrash: true }) })`,
    );
    const told = await until('it is told', async () =>
      (await desktop.shown('notification'))
        .map(({ args }) => args[0] as { title: string; body: string })
        .find(({ title }) => title.startsWith('Freed')),
    );
    expect(told.title).toMatch(/^Freed 2\.\d MB$/);
    expect(told.body).toMatch(/^\d files removed\.$/);
    const isGone = async (): Promise<boolean> => (await desktop.trayItem('recent:waste:v1')) === undefined;
    await until('the tray has it no longer', isGone);
  });

  it('starts with the system when that is ticked', async () => {
    await desktop.clickTray('login');
    await until('the setting is kept', () => desktop.readSettings()['startAtLogin'] === true);
    await until('the menu shows it', async () => (await desktop.trayItem('login'))?.checked);
  });
});
