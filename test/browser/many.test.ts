import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Locator } from 'playwright-core';
import { BlobStore } from '../../registry/blobs/blob-store.ts';
import { Ledger } from '../../registry/catalog/ledger.ts';
import type { Operation } from '../../registry/catalog/operation.ts';
import { parseManifest } from '../../registry/images/manifest.ts';
import { OCI_MANIFEST } from '../../registry/images/media-types.ts';
import { silentLog } from '../../registry/log.ts';
import type { Digest } from '../../registry/reference.ts';
import { focusOf } from './rig/focus.mjs';
import { describeWindow, eventually, tabTo } from './rig/window.ts';

const TAGS = 10_000;
const REPOSITORIES = 2000;

describeWindow(
  'very many of them',
  (rig) => {
    it('10,000 tags open, are searched and scroll with few rows in the page', async () => {
      const page = await rig.open('#/images/many%2Ftags');
      const grid = page.getByRole('grid', { name: 'Tags of many/tags' });
      const rows = grid.getByRole('row');
      await grid.waitFor();
      expect(await grid.getAttribute('aria-rowcount')).toBe(String(TAGS + 1));
      await toEnd(grid);
      await eventually(() => rows.last().getAttribute('aria-rowindex')).toBe(String(TAGS + 1));
      expect(await rows.count()).toBeLessThan(200);
      await toMiddle(grid);
      await eventually(async () => Number(await rows.last().getAttribute('aria-rowindex'))).toBeLessThan(
        TAGS / 2 + 200,
      );
      expect(await rows.count()).toBeLessThan(200);
      await page.getByRole('searchbox', { name: 'Search 10,000 tags' }).fill('v9876');
      await grid.getByRole('row', { name: /^v9876/ }).click();
      await page.getByRole('heading', { name: 'many/tags:v9876' }).waitFor();
    });

    it('the focus is seen, also while its row is scrolled out of sight', async () => {
      const page = await rig.open('#/images/many%2Ftags');
      const grid = page.getByRole('grid', { name: 'Tags of many/tags' });
      await tabTo(page, grid);
      await page.keyboard.press('ArrowDown');
      await toEnd(grid);
      await eventually(() => grid.getAttribute('aria-activedescendant')).toBe(null);
      expect((await focusOf(page)).seen).toBe(true);
      await page.keyboard.press('ArrowDown');
      await eventually(() => grid.getByRole('row', { selected: true }).count()).toBe(1);
      expect((await focusOf(page)).seen).toBe(true);
    });

    it('2,000 repositories are listed, in the sidebar too, with few rows in the page', async () => {
      const page = await rig.open();
      const grid = page.getByRole('grid', { name: 'Repositories' });
      await grid.waitFor();
      expect(await grid.getAttribute('aria-rowcount')).toBe(String(REPOSITORIES + 2));
      await toEnd(grid);
      await grid.getByRole('row', { name: /^team\/app-999/ }).waitFor();
      expect(await page.getByRole('row').count()).toBeLessThan(200);
      expect(await page.getByRole('treeitem').count()).toBeLessThan(200);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: /^Go to/ }).waitFor();
      await page.keyboard.type('app-1234');
      await page.keyboard.press('Enter');
      await page.getByRole('grid', { name: 'Tags of team/app-1234' }).waitFor();
    });
  },
  fill,
);

const toEnd = (grid: Locator): Promise<unknown> =>
  grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
const toMiddle = (grid: Locator): Promise<unknown> =>
  grid.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));

/** As pushes would have left it. */
async function fill(folder: string): Promise<void> {
  const ledger = await Ledger.open(folder, silentLog());
  const blobs = await BlobStore.open(folder);
  const put = async (text: string): Promise<{ digest: Digest; size: number }> => {
    const content = Buffer.from(text);
    const digest: Digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    await blobs.put(digest, content);
    return { digest, size: content.length };
  };
  const config = { mediaType: 'application/json', ...(await put('{}')) };
  const layer = { mediaType: 'test/layer', ...(await put('the layer of all of them')) };
  const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] });
  const { digest } = await put(text);
  const manifest = parseManifest(digest, Buffer.from(text));
  const putIn = (repository: string): Operation => ({ op: 'manifest.put', repository, manifest });
  const tag = (repository: string, name: string): Operation => ({
    op: 'tag.put',
    repository,
    tag: name,
    digest,
  });
  const operations = [
    putIn('many/tags'),
    ...Array.from({ length: TAGS }, (_, index) => tag('many/tags', `v${index}`)),
    ...Array.from({ length: REPOSITORIES }, (_, index) => `team/app-${index}`).flatMap((name) => [
      putIn(name),
      tag(name, 'latest'),
    ]),
  ];
  const [first, ...rest] = operations;
  if (first !== undefined) await ledger.commit({ client: 'test' }, first, ...rest);
  await ledger.close();
  await blobs.close();
}
