import { beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { imageOf, indexOf, layerOf, randomLayer } from '../clients/image.ts';
import { focusOf } from './rig/focus.mjs';
import { describeWindow, eventually, imageRoute, isFocused, pressButton, tabTo } from './rig/window.ts';

const IMAGE = imageRoute('web/shop', 'v1');

const PLACES: readonly (readonly [name: string, route: string])[] = [
  ['repositories', '#/images'],
  ['a repository', '#/images/web%2Fshop'],
  ['an image', IMAGE],
  ['an index', imageRoute('web/shop', 'both')],
  ['no image', imageRoute('web/shop', 'gone')],
  ['layers', `${IMAGE}/layers`],
  ['layers of no image', '#/layers'],
  ['the disk', '#/disk'],
  ['a repository on the disk', '#/disk/repository/web%2Fshop'],
  ['retention', '#/disk/retention'],
  ['activity', '#/activity'],
  ['changes', '#/activity/changes'],
  ['the log', '#/activity/log'],
  ['connecting', '#/connect'],
  ['settings', '#/settings'],
  ['rules', '#/settings/retention'],
];

type Part = readonly [
  name: string,
  route: string,
  /** What has the focus before. */
  from: string | RegExp,
  /** Keys, and what is chosen in a menu. */
  open: readonly string[],
  role: 'dialog' | 'form' | 'region' | 'menu',
];

const MORE = 'More that can be done';

/** What comes over a place, or below it, and leaves with Escape. */
const PARTS: readonly Part[] = [
  ['the palette', '#/images', 'Repositories', ['Control+k'], 'dialog'],
  ['the keys', '#/images', 'Repositories', ['?'], 'dialog'],
  ['the keys over a page', '#/settings', 'Edit rules…', ['?'], 'dialog'],
  ['cleaning up', '#/disk', 'Clean up…', ['Enter'], 'dialog'],
  ['importing', '#/images', 'Import archives…', ['Enter'], 'region'],
  ['the menu of a repository', '#/images', 'Repositories', ['ContextMenu'], 'menu'],
  ['a menu', IMAGE, MORE, ['Enter'], 'menu'],
  ['the menu of a change', '#/activity/changes', /^Changes/, ['ContextMenu'], 'menu'],
  ['giving a tag', IMAGE, 'Tag…', ['Enter'], 'form'],
  ['exporting', IMAGE, MORE, ['Enter', 'Export…'], 'form'],
  ['expiring', IMAGE, MORE, ['Enter', 'Expire…'], 'form'],
  ['deleting', IMAGE, /^Tags of/, ['Delete'], 'form'],
  ['deleting a repository', '#/images', 'Repositories', ['Delete'], 'form'],
  ['putting back', IMAGE, 'Put back…', ['Enter'], 'form'],
];

describeWindow('the focus', (rig) => {
  beforeAll(async () => {
    const shop = rig.repository('web/shop');
    const layer = randomLayer();
    const [one, other] = [imageOf({ layers: [layer, randomLayer()] }), imageOf({ layers: [layer] })];
    await shop.push(other, 'v1');
    await shop.push(one, 'v1');
    await shop.push(other, 'v2');
    await shop.push(indexOf([one, other]), 'both');
    const [large, small] = [10_000, 1].map((size) =>
      layerOf([{ name: 'file', content: Buffer.alloc(size) }]),
    );
    if (large && small) await shop.push(imageOf({ layers: [large, small] }), 'wasteful');
    await shop.delete('manifests/v2');
  });

  it.each(PLACES)('is seen wherever Tab leads in %s, forth and back', async (_name, route) => {
    const page = await rig.open(route, { faults: /404/ });
    await rig.settled(page);
    await page.getByRole('button', { name: 'Skip to the content' }).focus();
    const forth = await stopsOf(page, 'Tab');
    expect(forth.length).toBeGreaterThan(10);
    expect(new Set(await stopsOf(page, 'Shift+Tab'))).toEqual(
      new Set([`button 'Skip to the content'`, ...forth]),
    );
  });

  it.each(PLACES)('begins in the content of %s, and is seen with the first key', async (_name, route) => {
    const page = await rig.open(route, { faults: /404/ });
    await rig.settled(page);
    const begun = await focusOf(page);
    expect(begun).toMatchObject({ nowhere: false, seen: false });
    const content = page.getByRole('main');
    expect(await content.evaluate((main) => main.contains(main.ownerDocument.activeElement))).toBe(true);
    const hasList =
      (await content.locator('[role=grid], [role=tree], [role=listbox], [data-list]').count()) > 0;
    expect(await isFocused(content)).toBe(!hasList);
    await page.keyboard.press('Shift');
    await eventually(() => focusOf(page)).toEqual({ ...begun, seen: true });
  });

  it('goes with the first arrow to the first row', async () => {
    const page = await rig.open('#/images/web%2Fshop');
    const first = page.getByRole('main').getByRole('row').nth(1);
    await first.waitFor();
    await page.keyboard.press('ArrowDown');
    await eventually(() => first.getAttribute('aria-selected')).toBe('true');
    await eventually(async () => (await focusOf(page)).seen).toBe(true);
  });

  it.each(PLACES)('is seen in %s of a narrow window', async (_name, route) => {
    const page = await rig.open(route, { faults: /404/, width: 600 });
    await rig.settled(page);
    await page.getByRole('button', { name: 'Skip to the content' }).focus();
    await stopsOf(page, 'Tab');
  });

  it.each(PARTS)('is in %s while that is open, and then where it was', async (...part) => {
    const [, route, from, open, role] = part;
    const page = await rig.open(route);
    await rig.settled(page);
    if (from === 'Put back…') await page.getByRole('radio').first().click();
    const list = page.getByRole('main').getByRole('grid', { name: from });
    await tabTo(page, list.or(page.getByRole('button', { name: from })));
    const before = await focusOf(page);
    for (const each of open) await (each.endsWith('…') ? choose(page, each) : page.keyboard.press(each));
    const opened = page.getByRole(role, role === 'region' ? { name: 'Imports' } : {}).last();
    await opened.waitFor();
    await eventually(() => opened.evaluate((element) => element.matches(':focus-within'))).toBe(true);
    // Tab leaves a menu.
    const steps = role === 'menu' ? 0 : 8;
    for (let step = 0; step < steps; step += 1) {
      const { what, nowhere, seen } = await focusOf(page);
      // Beyond the last stop is the browser.
      expect(seen || nowhere, `${what} is seen`).toBe(true);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Escape');
    await opened.waitFor({ state: 'hidden' });
    if (role === 'dialog' || role === 'menu') expect(await focusOf(page)).toEqual(before);
    else expect(await focusOf(page)).toMatchObject({ nowhere: false, seen: true });
  });

  it('shows no ring to whoever clicks', async () => {
    const page = await rig.open();
    await page.getByRole('row', { name: /^web\/shop/ }).click();
    const tags = page.getByRole('grid', { name: 'Tags of web/shop' });
    await eventually(() => isFocused(tags)).toBe(true);
    expect((await focusOf(page)).seen).toBe(false);
    await page.getByRole('row', { name: /^both/ }).click();
    expect((await focusOf(page)).seen).toBe(false);
    await page.keyboard.press('ArrowDown');
    await eventually(async () => (await focusOf(page)).seen).toBe(true);
  });

  it('leads from the first row to the headings, which sort', async () => {
    const page = await rig.open('#/images/web%2Fshop');
    const tags = page.getByRole('grid', { name: 'Tags of web/shop' });
    await tabTo(page, tags);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowUp');
    const heading = page.getByRole('columnheader', { name: 'Size' });
    await page.keyboard.press('Home');
    // Between them is the menu of the orders that have no heading.
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await eventually(() => isFocused(heading.getByRole('button'))).toBe(true);
    expect((await focusOf(page)).seen).toBe(true);
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    await page.getByText('Sorted by Size, descending').waitFor();
    await page.keyboard.press('ArrowDown');
    await eventually(() => isFocused(tags)).toBe(true);
  });

  it.each(['Control+1', 'Control+2', 'Control+3', 'Control+4', 'Control+5', 'Control+6', 'back'])(
    'goes on in the next place after %s on a button that goes',
    async (key) => {
      const page = await rig.open('#/disk');
      await rig.settled(page);
      await page.evaluate(`location.hash = ${JSON.stringify(IMAGE)}`);
      await tabTo(page, page.getByRole('button', { name: MORE }));
      await (key === 'back' ? page.goBack() : page.keyboard.press(key));
      await page.getByRole('button', { name: MORE }).waitFor({ state: 'detached' });
      await rig.settled(page);
      expect(await focusOf(page)).toMatchObject({ nowhere: false, seen: true });
    },
  );

  it('goes to the list with the keys of a place, and with an arrow where nothing has it', async () => {
    const page = await rig.open();
    const grid = page.getByRole('grid', { name: 'Repositories' });
    await grid.waitFor();
    await page.keyboard.press('ArrowDown');
    await eventually(() => isFocused(grid)).toBe(true);
    await tabTo(page, page.getByRole('link', { name: 'Disk' }));
    await page.keyboard.press('Control+1');
    await eventually(() => isFocused(grid)).toBe(true);
  });

  it('passes repositories in the drawer, and opens the one that Enter is pressed on', async () => {
    for (const name of ['app/one', 'app/two']) await rig.repository(name).push(imageOf(), 'v1');
    const page = await rig.open('#/images', { width: 600 });
    await page.getByRole('grid', { name: 'Repositories' }).waitFor();
    await page.keyboard.press('Control+b');
    const drawer = page.getByRole('dialog', { name: 'Places and repositories' });
    await tabTo(page, drawer.getByRole('tree', { name: 'Repositories' }));
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await drawer.waitFor();
    await page.keyboard.press('Enter');
    await drawer.waitFor({ state: 'detached' });
    const tags = page.getByRole('grid', { name: 'Tags of app/two' });
    await eventually(() => isFocused(tags)).toBe(true);
    expect((await focusOf(page)).seen).toBe(true);
  });

  it('goes down into a tile of the map of the disk, and back', async () => {
    const page = await rig.open('#/disk');
    const map = page.getByRole('group', { name: 'Map of the disk' });
    const tile = map.getByRole('button', { name: /^web\/shop/ });
    await tile.press('Enter');
    const layer = page
      .getByRole('group', { name: /^Layers of/ })
      .getByRole('button')
      .first();
    await eventually(() => isFocused(layer)).toBe(true);
    await page.keyboard.press('Escape');
    await eventually(() => isFocused(tile)).toBe(true);
  });

  it('goes on in what stands for a list when the last of it is deleted', async () => {
    await rig.repository('web/last').push(imageOf(), 'v1');
    const page = await rig.open('#/images/web%2Flast', { faults: /404/ });
    await tabTo(page, page.getByRole('grid', { name: 'Tags of web/last' }));
    await page.keyboard.press('Delete');
    await pressButton(page.getByRole('button', { name: 'Delete 1 tag' }));
    const trash = page.getByRole('button', { name: 'Show the trash' });
    await eventually(() => isFocused(trash)).toBe(true);
    expect((await focusOf(page)).seen).toBe(true);
    await page.keyboard.press('Enter');
    await eventually(() => isFocused(page.getByRole('grid', { name: /^Trash/ }))).toBe(true);
  });

  it('is shown at the edge of the content, and not around it', async () => {
    const page = await rig.open('#/settings');
    await tabTo(page, page.getByRole('button', { name: 'Skip to the content' }));
    await page.keyboard.press('Enter');
    expect(await focusOf(page)).toMatchObject({ what: expect.stringMatching(/^main/), seen: true });
    const outline = "getComputedStyle(document.querySelector('main')).outlineStyle";
    expect(await page.evaluate(outline)).toBe('none');
  });

  it('stays in the window when an image is put back where only its page fits', async () => {
    await rig.repository('web/narrow').push(imageOf(), 'v1');
    await rig.repository('web/narrow').push(imageOf(), 'v2');
    await rig.repository('web/narrow').delete('manifests/v1');
    const page = await rig.open('#/images/web%2Fnarrow', { width: 600, faults: /404/ });
    await tabTo(page, page.getByRole('button', { name: /in the trash$/ }));
    await page.keyboard.press('Enter');
    await tabTo(page, page.getByRole('grid', { name: /^Trash/ }));
    await page.keyboard.press('Enter');
    const back = page.getByRole('button', { name: 'Put back' });
    await tabTo(page, back);
    await page.keyboard.press('Enter');
    await back.waitFor({ state: 'detached' });
    await rig.settled(page);
    expect(await focusOf(page)).toMatchObject({ nowhere: false, seen: true });
  });

  async function choose(page: Page, name: string): Promise<void> {
    const item = page.getByRole('menuitem', { name });
    await item.waitFor();
    for (let step = 0; step < 20 && !(await isFocused(item)); step += 1)
      await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
  }

  /** The stops from where the keys are to the end of the page; all of them can be seen. */
  async function stopsOf(page: Page, key: 'Tab' | 'Shift+Tab', most = 120): Promise<readonly string[]> {
    const stops: string[] = [];
    for (let step = 0; step < most; step += 1) {
      await page.keyboard.press(key);
      const { what, nowhere, seen } = await focusOf(page);
      if (nowhere) return stops;
      expect(seen, `${what} shows that it has the focus, after ${stops.at(-1)}`).toBe(true);
      stops.push(what);
    }
    throw new Error(`${most} presses of ${key} do not lead to the end: ${stops.join(', ')}`);
  }
});

describeWindow('the focus in an empty registry', (rig) => {
  it('begins before the first commands', async () => {
    const page = await rig.open();
    await page.getByText('Waiting for the first push').waitFor();
    await eventually(() => isFocused(page.getByRole('main'))).toBe(true);
    await page.keyboard.press('Tab');
    await eventually(() => isFocused(page.getByRole('radio', { name: 'docker' }))).toBe(true);
    await tabTo(page, page.getByRole('button', { name: 'Copy the build command' }), 3);
    expect((await focusOf(page)).seen).toBe(true);
  });
});
