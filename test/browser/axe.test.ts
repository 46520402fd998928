import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { imageOf, indexOf, layerOf, randomLayer } from '../clients/image.ts';
import { describeWindow, imageRoute } from './rig/window.ts';

interface Violation {
  id: string;
  nodes: { target: unknown[]; html: string; failureSummary?: string }[];
}

type Act = (page: Page) => Promise<unknown>;

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const IMAGE = imageRoute('web/shop', 'v1');

const button =
  (name: string): Act =>
  async (page) =>
    await page.getByRole('main').getByRole('button', { name, exact: true }).click();
const press =
  (key: string): Act =>
  async (page) =>
    await page.keyboard.press(key);

const nothing: Act = async () => undefined;

const narrow: Act = async (page) => await page.setViewportSize({ width: 600, height: 800 });

const openFile: Act = async (page) => {
  await page.getByRole('treeitem', { name: /^data/ }).click();
  await page.keyboard.press('ArrowRight');
  await page
    .getByRole('treeitem', { name: /^[0-9a-f]{12}/ })
    .first()
    .click();
  await page.keyboard.press(' ');
  await page.getByText(/^Binary, /).waitFor();
};

const exporting: Act = async (page) => {
  await button('More that can be done')(page);
  await page.getByRole('menuitem', { name: /^Export/ }).click();
  await page.getByRole('combobox', { name: 'Platforms' }).waitFor();
};

const CASES: readonly (readonly [name: string, route: string, act: Act])[] = [
  ['repositories', '#/images', nothing],
  ['what a search found', '#/images', (page) => page.getByRole('searchbox').fill('v')],
  ['a repository', '#/images/web%2Fshop', nothing],
  ['an image', IMAGE, nothing],
  ['an index', imageRoute('web/shop', 'both'), nothing],
  ['a manifest', IMAGE, (page) => page.getByText('Raw manifest').click()],
  ['a menu', IMAGE, button('More that can be done')],
  ['giving a tag', IMAGE, button('Tag…')],
  ['deleting', IMAGE, (page) => page.getByRole('grid', { name: /^Tags/ }).press('Delete')],
  ['several images', '#/images/web%2Fshop', (page) => page.getByRole('grid').press('Control+a')],
  ['layers', `${IMAGE}/layers`, nothing],
  ['files of one layer', `${IMAGE}/layers`, (page) => page.getByRole('option').nth(1).click()],
  ['what is in a file', `${IMAGE}/layers`, openFile],
  ['wasted files', `${imageRoute('web/shop', 'wasteful')}/layers`, button('10.0 kB wasted')],
  ['exporting', imageRoute('web/shop', 'both'), exporting],
  ['the disk', '#/disk', nothing],
  ['the disk as a table', '#/disk', (page) => page.getByText('Table', { exact: true }).click()],
  ['a repository on the disk', '#/disk/repository/web%2Fshop', nothing],
  ['retention', '#/disk/retention', nothing],
  ['cleaning up', '#/disk', button('Clean up…')],
  ['activity', '#/activity', nothing],
  ['changes', '#/activity/changes', nothing],
  ['the log', '#/activity/log', nothing],
  ['connecting', '#/connect', nothing],
  ['settings', '#/settings', nothing],
  ['rules', '#/settings/retention', nothing],
  ['the keys', '#/images', press('?')],
  ['the palette', '#/images', press('Control+k')],
  ['importing', '#/images', (page) => page.getByRole('button', { name: /^Import/ }).click()],
  ['an image in a narrow window', IMAGE, narrow],
  ['the drawer', '#/images', async (page) => (await narrow(page), await page.keyboard.press('Control+b'))],
];

describeWindow('axe', (rig) => {
  let axe: string;

  beforeAll(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const shop = rig.repository('web/shop');
    const layer = randomLayer();
    const [one, other] = [imageOf({ layers: [layer, randomLayer()] }), imageOf({ layers: [layer] })];
    await shop.push(other, 'v1');
    await shop.push(one, 'v1');
    await shop.push(other, 'v2');
    await shop.push(indexOf([one, other]), 'both');
    await shop.delete('manifests/v2');
    const [large, small] = [10_000, 1].map((size) =>
      layerOf([{ name: 'file', content: Buffer.alloc(size) }]),
    );
    if (large && small) await shop.push(imageOf({ layers: [large, small] }), 'wasteful');
  });

  it.each(CASES)('finds nothing in %s, light and dark', async (_name, route, act) => {
    const page = await rig.open(route);
    await rig.settled(page);
    await act(page);
    await rig.settled(page);
    expect(await violationsIn(page), 'light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violationsIn(page), 'dark').toEqual([]);
  });

  /** One line for each element and rule. */
  async function violationsIn(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    const violations = await page.evaluate<Violation[]>(
      `axe.run(document, { runOnly: ${JSON.stringify(WCAG)}, resultTypes: ['violations'] })
        .then(({ violations }) => violations)`,
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
    );
  }
});

describeWindow('axe in an empty registry', (rig) => {
  it('finds nothing in the first screen', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const page = await rig.open();
    await page.getByText('Waiting for the first push').waitFor();
    await page.evaluate(axe);
    const ids = await page.evaluate<string[]>(
      `axe.run(document).then(({ violations }) => violations.map(({ id }) => id))`,
    );
    expect(ids).toEqual([]);
  });
});
