import { beforeAll, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { artifactOf, imageOf, indexOf } from '../clients/image.ts';
import { describeWindow, eventually, imageRoute, tabTo } from './rig/window.ts';

/** On both sides of where panes come and go. */
const WIDTHS = [480, 560, 699, 700, 820, 1000, 1099, 1100, 1280, 1440];

type Show = (page: Page) => Promise<void>;

const nothing: Show = async () => undefined;
const press =
  (name: RegExp): Show =>
  async (page) =>
    await page.getByRole('button', { name }).click();
const asTable: Show = async (page) => await page.getByText('Table', { exact: true }).click();

describeWindow('lists in windows of every width', (rig) => {
  beforeAll(async () => {
    const shop = rig.repository('web/a-rather-long-name-of-a-shop');
    const image = imageOf();
    await shop.push(indexOf([image]), 'latest');
    await shop.push(imageOf(), 'a-rather-long-tag-of-a-branch-of-somebody');
    await shop.push(imageOf(), 'doomed');
    await shop.delete('manifests/doomed');
    const signature = artifactOf({ artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json' });
    await shop.push(signature, `sha256-${image.digest.slice(7)}.sig`);
  });

  const repository = imageRoute('web/a-rather-long-name-of-a-shop');
  it.each([
    ['repositories', '#/images', 'Repositories', nothing],
    ['tags', repository, 'Tags of', nothing],
    ['what is attached', repository, 'Attached to', press(/^1 attached$/)],
    ['the trash', repository, 'Trash of', press(/^1 in the trash$/)],
    ['the disk', '#/disk', 'What uses the disk', asTable],
    ['the layers of a repository', '#/disk/repository/web%2Fa-rather-long-name-of-a-shop', 'Layers', asTable],
  ] as const)('%s: no column is cut', async (_, route, name, show) => {
    const page = await rig.open(route);
    await show(page);
    const grid = page.getByRole('grid', { name });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 700 });
      await grid.getByRole('row').nth(1).waitFor();
      await eventually(async () => [width, await overflow(page)]).toEqual([width, 0]);
    }
  });

  it.each([
    ['repositories', '#/images', 'Repositories', nothing, 'Pulled'],
    ['tags', repository, 'Tags of', nothing, 'Own'],
    ['the disk', '#/disk', 'What uses the disk', asTable, 'Tags'],
  ] as const)('%s: every order can be chosen and is seen', async (_, route, name, show, by) => {
    const page = await rig.open(route, { width: 480 });
    await show(page);
    const grid = page.getByRole('grid', { name });
    await tabTo(page, grid);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const order = page.getByRole('menuitemcheckbox', { name: by, exact: true });
    await order.press('Enter');
    await page.getByText(`Sorted by ${by}, descending`).waitFor({ state: 'attached' });
    const inForce = grid.locator('button[data-sorted]', { hasText: by });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 700 });
      await eventually(async () => [width, await isWhole(inForce)]).toEqual([width, true]);
    }
  });

  it('shows platforms, both sizes and the push of every tag', async () => {
    const page = await rig.open(repository);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 700 });
      const row = page.getByRole('row', { name: /^a-rather-long-tag/ });
      for (const text of ['amd64', /ago|just now/]) await row.getByText(text).waitFor();
      await eventually(() => row.getByText(/^[\d.]+ k?B$/).count()).toBe(2);
    }
  });
});

/** Whether it is there, and nothing of its text is cut. */
const isWhole = async (button: Locator): Promise<boolean> =>
  (await button.count()) === 1 &&
  (await button
    .locator('span')
    .evaluate((text) => text.clientWidth > 0 && text.scrollWidth <= text.clientWidth));

/** By how many pixels its columns are wider than the list, once it is laid out for the window as it is. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>(`new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
    const heads = document.querySelector('[role=grid] [role=row]');
    resolve(heads.scrollWidth - heads.clientWidth);
  })))`);
