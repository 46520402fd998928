import { beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { content, GZIP_LAYER, imageOf } from '../clients/image.ts';
import { digestOf } from '../domain/layers.ts';
import { tarBytes, type Member } from '../domain/tar.ts';
import { describeWindow, eventually, imageRoute, isFocused } from './rig/window.ts';

const SCRIPT = '<script>document.title = "taken"</script>\n';

const layer = (members: readonly Member[]) => {
  const bytes = tarBytes(members);
  return { ...content(GZIP_LAYER, bytes), diffId: digestOf(bytes) };
};

describeWindow('the layers of an image', (rig) => {
  beforeAll(async () => {
    const base = layer([
      { path: 'etc/motd', content: 'welcome\n' },
      { path: 'var/cache/big', content: Buffer.alloc(6000, 'x') },
    ]);
    const top = layer([
      { path: 'etc/motd', content: SCRIPT },
      { path: 'etc/tool', content: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]) },
      { path: 'etc/link', link: '../usr/bin/tool' },
      { path: 'var/.wh.cache' },
    ]);
    await rig.repository('app').push(imageOf({ layers: [base, top] }), 'v1');
  });

  const contentOf = (page: Page, path: string) => page.getByRole('region', { name: `What is in ${path}` });
  const openEtc = async (page: Page) => {
    const tree = page.getByRole('tree', { name: 'Files' });
    await page.getByRole('treeitem', { name: /^etc/ }).click();
    await tree.press('ArrowRight');
    await page.getByRole('treeitem', { name: /^motd/ }).waitFor();
    return tree;
  };

  it('lists what is wasted, with the layer that holds it and the one that hides it', async () => {
    const page = await rig.open(imageRoute('app', 'v1', 'layers'));
    await page.getByRole('button', { name: '6.0 kB wasted' }).click();
    const table = page.getByRole('grid', { name: 'Wasted files, the largest first' });
    await table.getByRole('row', { name: /motd 8 B layer 1 replaced by 2/ }).click();
    await page.getByRole('button', { name: 'Show the content' }).click();
    await contentOf(page, '/etc/motd').getByText('welcome').waitFor();
    await table.press('Home');
    await contentOf(page, '/var/cache/big')
      .getByText(/^x{6000}$/)
      .waitFor();
    await page.getByRole('option', { name: /^1 / }).getByText('6.0 kB wasted').click();
    await table.getByRole('row', { name: /big 6\.0 kB layer 1 removed by 2/ }).waitFor();
  });

  it('shows text as text, says of a binary how large it is, and where a link leads', async () => {
    const page = await rig.open(imageRoute('app', 'v1', 'layers'));
    const tree = await openEtc(page);
    await page.getByRole('treeitem', { name: /^motd/ }).click();
    await tree.press(' ');
    await contentOf(page, '/etc/motd').getByText(SCRIPT.trim(), { exact: true }).waitFor();
    await page.getByRole('treeitem', { name: /^tool/ }).click();
    await contentOf(page, '/etc/tool').getByText('Binary, 7 bytes.').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('tool');
    await page.getByRole('treeitem', { name: /^link/ }).click();
    await page.getByRole('definition').filter({ hasText: '../usr/bin/tool' }).waitFor();
    expect(await page.title()).not.toBe('taken');
  });

  it('is left with Escape: first the file, then the layers', async () => {
    const page = await rig.open(imageRoute('app', 'v1', 'layers'));
    const tree = await openEtc(page);
    await page.getByRole('treeitem', { name: /^motd/ }).click();
    await tree.press(' ');
    await page.getByRole('region', { name: /^What is in/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: /^What is in/ }).waitFor({ state: 'hidden' });
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
    await tree.waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'app:v1' }).waitFor();
    expect(page.url()).toMatch(/#\/images\/app\/v1$/);
    await eventually(() => isFocused(page.getByRole('grid', { name: /Tags of/ }))).toBe(true);
  });

  it('is left with Escape where one pane fits, too: the files, the layers', async () => {
    const page = await rig.open(imageRoute('app', 'v1', 'layers'), { width: 480 });
    await page.getByRole('option', { name: /The finished image/ }).click();
    await page.getByRole('tree', { name: 'Files' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('− removed').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'app:v1' }).waitFor();
  });
});
