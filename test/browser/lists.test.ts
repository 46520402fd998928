import { beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { artifactOf, imageOf, layerOf } from '../clients/image.ts';
import { clipboardOf, describeWindow, eventually, imageRoute, isFocused } from './rig/window.ts';

type Act = (page: Page) => Promise<unknown>;

const nothing: Act = async () => undefined;
const press =
  (name: RegExp): Act =>
  async (page) =>
    await page.getByRole('button', { name }).click();
const asTable: Act = async (page) => await page.getByText('Table', { exact: true }).click();
const search =
  (text: string): Act =>
  async (page) =>
    await page.getByRole('main').getByRole('searchbox').fill(text);

interface Case {
  readonly route: string;
  readonly act?: Act;
  readonly list: readonly ['grid' | 'tree' | 'listbox', string | RegExp];
  /** Keys that lead to the row. */
  readonly to?: string;
  readonly copied: RegExp;
  readonly menu: readonly string[];
}

const ADDRESS = String.raw`localhost:\d+`;
const REPOSITORY = ['Open', 'Copy name', 'Delete the repository…'];
const LAYERS = imageRoute('web/shop', 'wasteful', 'layers');
const DIGEST = /^sha256:[0-9a-f]{64}$/;

const CASES: Readonly<Record<string, Case>> = {
  'the sidebar': {
    route: '#/images',
    list: ['tree', 'Repositories'],
    copied: new RegExp(`^${ADDRESS}/web/shop$`),
    menu: REPOSITORY,
  },
  repositories: {
    route: '#/images',
    list: ['grid', 'Repositories'],
    copied: new RegExp(`^${ADDRESS}/web/shop$`),
    menu: REPOSITORY,
  },
  'what a search found': {
    route: '#/images',
    act: search('wasteful'),
    list: ['listbox', 'Matches'],
    copied: new RegExp(`^${ADDRESS}/web/shop:wasteful$`),
    menu: ['Open', 'Copy reference'],
  },
  'two tags': {
    route: '#/images/web%2Fshop',
    list: ['grid', /^Tags of/],
    to: 'Shift+ArrowDown',
    copied: new RegExp(`^${ADDRESS}/web/shop:wasteful\n${ADDRESS}/web/shop:v1$`),
    menu: ['Copy 2 references', 'Protect…', 'Expire…', 'Export…', 'Delete 2 tags…'],
  },
  'what is attached': {
    route: '#/images/web%2Fshop',
    act: press(/attached$/),
    list: ['grid', /^Attached/],
    copied: new RegExp(`^${ADDRESS}/web/shop:sha256-[0-9a-f]+\\.sig$`),
    menu: ['Open', 'Copy reference', 'Copy digest'],
  },
  'the trash': {
    route: '#/images/web%2Fshop',
    act: press(/in the trash$/),
    list: ['grid', /^Trash/],
    copied: DIGEST,
    menu: ['Put back', 'Copy digest', 'Copy reference'],
  },
  layers: {
    route: LAYERS,
    list: ['listbox', /^Layers/],
    to: 'ArrowDown',
    copied: DIGEST,
    menu: ['Show its files', 'Show the 10.0 kB wasted', 'Copy digest', 'Copy command'],
  },
  files: {
    route: LAYERS,
    list: ['tree', 'Files'],
    copied: /^\/file$/,
    menu: ['Show the content', 'Download', 'Copy path'],
  },
  'files that were found': {
    route: LAYERS,
    act: search('fil'),
    list: ['listbox', 'Files that were found'],
    copied: /^\/file$/,
    menu: ['Show where it lies', 'Show the content', 'Download', 'Copy path'],
  },
  'wasted files': {
    route: LAYERS,
    act: press(/^10.0 kB wasted$/),
    list: ['grid', /^Wasted/],
    copied: /^\/file$/,
    menu: ['Show the content', 'Download', 'Copy path'],
  },
  'the disk': {
    route: '#/disk',
    act: asTable,
    list: ['grid', 'What uses the disk'],
    copied: new RegExp(`^${ADDRESS}/web/shop$`),
    menu: ['Open', 'Show its tags', 'Copy name', 'Delete the repository…'],
  },
  'layers on the disk': {
    route: '#/disk/repository/web%2Fshop',
    act: asTable,
    list: ['grid', /^Layers/],
    copied: DIGEST,
    menu: ['Copy digest'],
  },
  transfers: {
    route: '#/activity',
    list: ['listbox', 'Pushes and pulls'],
    copied: new RegExp(`^${ADDRESS}/web/shop:`),
    menu: ['Show the image', 'Copy reference'],
  },
  'layers of a transfer': {
    route: '#/activity',
    act: async (page) =>
      await page
        .getByRole('option', { name: /Push of/ })
        .first()
        .click(),
    list: ['listbox', 'Layers and config'],
    copied: DIGEST,
    menu: ['Copy digest'],
  },
  changes: {
    route: '#/activity/changes',
    list: ['grid', /^Changes/],
    copied: /^deleted/i,
    menu: ['Undo this change', 'Copy what it says'],
  },
  'two lines of the log': {
    route: '#/activity/log',
    list: ['listbox', /^Log/],
    to: 'Shift+ArrowDown',
    copied: /^\d{4}-\S+ \w+ .+\n\d{4}-\S+ \w+ .+$/,
    menu: ['Copy 2 lines'],
  },
};

describeWindow('a list', (rig) => {
  beforeAll(async () => {
    const shop = rig.repository('web/shop');
    const image = imageOf();
    await shop.push(image, 'v1');
    const [large, small] = [10_000, 1].map((size) =>
      layerOf([{ name: 'file', content: Buffer.alloc(size) }]),
    );
    if (large && small) await shop.push(imageOf({ layers: [large, small] }), 'wasteful');
    const signature = artifactOf({ artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json' });
    await shop.push(signature, `sha256-${image.digest.slice(7)}.sig`);
    await shop.push(imageOf(), 'doomed');
    await shop.delete('manifests/doomed');
  });

  it.each(Object.entries(CASES))('copies by key, and has a menu: %s', async (_, given) => {
    const {
      route,
      act = nothing,
      list: [role, name],
      to,
      copied,
      menu,
    } = given;
    const page = await rig.open(route);
    await rig.settled(page);
    await act(page);
    const list = page.getByRole(role, { name });
    await list.press('Home');
    if (to !== undefined) await page.keyboard.press(to);
    await page.keyboard.press('Control+c');
    await page.getByText(/^Copied /).waitFor();
    expect(await clipboardOf(page)).toMatch(copied);
    await page.keyboard.press('Shift+F10');
    const items = page.getByRole('menu').getByRole('menuitem').locator('.label');
    await items.first().waitFor();
    expect(await items.evaluateAll((all) => all.map((item) => item.firstChild?.textContent))).toEqual(menu);
    await page.keyboard.press('Escape');
    await eventually(() => isFocused(list)).toBe(true);
  });

  it('leaves text that is marked to the browser, until a row is', async () => {
    const page = await rig.open('#/images/web%2Fshop');
    const list = page.getByRole('grid', { name: /^Tags of/ });
    await list.press('Home');
    await page.getByRole('heading', { name: 'web/shop:wasteful' }).waitFor();
    await page.evaluate(`getSelection().selectAllChildren(document.querySelector('main code'))`);
    await list.press('Control+c');
    await eventually(() => clipboardOf(page)).toMatch(/^docker pull /);
    await page.getByRole('row', { name: /^v1/ }).click();
    await list.press('Control+c');
    await eventually(() => clipboardOf(page)).toMatch(/^localhost:\d+\/web\/shop:v1$/);
  });

  it.each(['Map', 'Table'])('leads from the disk to the deletion of a repository: %s', async (view) => {
    const page = await rig.open('#/disk');
    await page.getByText(view, { exact: true }).click();
    const row =
      view === 'Map' ? page.getByRole('button', { name: /^web\/shop/ }) : page.getByRole('row').nth(1);
    await row.click({ button: 'right' });
    await page.getByRole('menuitem', { name: /^Show its tags/ }).waitFor();
    await page.getByRole('menuitem', { name: /^Delete the repository/ }).click();
    const deed = page.getByRole('form', { name: 'Delete repository web/shop?' });
    await eventually(() => isFocused(deed.getByRole('button', { name: 'Delete repository' }))).toBe(true);
    expect(page.url()).toContain('#/images/web%2Fshop');
  });

  it('has a menu in the drawer of a narrow window, too', async () => {
    const page = await rig.open('#/disk', { width: 600 });
    await page.getByRole('button', { name: 'Places and repositories' }).click();
    const drawer = page.getByRole('dialog', { name: 'Places and repositories' });
    await drawer.getByRole('treeitem', { name: /shop/ }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: /^Copy name/ }).click();
    await page.getByText('Copied the name').waitFor();
    await drawer.getByRole('treeitem', { name: /shop/ }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: /^Delete the repository/ }).click();
    await drawer.waitFor({ state: 'detached' });
    await page.getByRole('form', { name: 'Delete repository web/shop?' }).waitFor();
  });

  it('marks nothing in place of rows that go, and goes on from the next by key', async () => {
    const shop = rig.repository('web/going');
    for (const tag of ['v1', 'v2', 'v3']) await shop.push(imageOf(), tag);
    const page = await rig.open('#/images/web%2Fgoing', { faults: /404/ });
    const list = page.getByRole('grid', { name: /^Tags of/ });
    const row = (tag: string) => list.getByRole('row', { name: new RegExp(`^${tag}`) });
    await row('v2').click();
    await page.getByRole('heading', { name: 'web/going:v2' }).waitFor();
    await row('v2').click({ button: 'right' });
    await page.getByRole('menuitem', { name: /^Delete/ }).click();
    await page.getByRole('button', { name: 'Delete 1 tag' }).click();
    await row('v2').waitFor({ state: 'detached' });
    await page.getByText('Choose a tag to look into it.').waitFor();
    expect(await list.locator('[aria-selected=true]').count()).toBe(0);
    await list.press('Delete');
    await page.getByRole('form', { name: 'Delete web/going:v1?' }).waitFor();
    await page.keyboard.press('Enter');
    await row('v1').waitFor({ state: 'detached' });
    await eventually(() => isFocused(list)).toBe(true);
    expect(await list.locator('[aria-selected=true]').count()).toBe(0);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'web/going:v3' }).waitFor();
  });

  it('opens no neighbour of a repository that is deleted in the sidebar', async () => {
    for (const name of ['zone/one', 'zone/two']) await rig.repository(name).push(imageOf(), 'v1');
    const page = await rig.open('#/images/zone%2Fone', { faults: /404/ });
    const tree = page.getByRole('tree', { name: 'Repositories' });
    await tree.getByRole('treeitem', { name: /^one/ }).click();
    await tree.press('Delete');
    await page.getByRole('button', { name: 'Delete repository' }).press('Enter');
    await tree.getByRole('treeitem', { name: /^one/ }).waitFor({ state: 'detached' });
    await rig.settled(page);
    expect(page.url()).toMatch(/zone%2Fone$/);
    expect(await tree.locator('[aria-selected=true]').count()).toBe(0);
  });

  it.each([1280, 700, 480])('says whole why a change cannot be undone, %i pixels wide', async (width) => {
    const name = `team/${'a-rather-long-name-of-a-part/'.repeat(4)}end`;
    const repository = rig.repository(name);
    for (const _ of [1, 2]) await repository.push(imageOf(), 'moving');
    const page = await rig.open('#/activity/changes', { width });
    await page.getByRole('row').filter({ hasText: 'was changed again since.' }).first().click();
    const why = page.getByText(`Cannot be undone: ${name}:moving was changed again since.`);
    await why.waitFor();
    const isWhole = await why.evaluate(
      (text) => text.scrollWidth <= text.clientWidth && text.scrollHeight <= text.clientHeight,
    );
    expect(isWhole).toBe(true);
  });
});
