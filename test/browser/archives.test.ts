import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { get } from '../clients/http.ts';
import { digestOf, imageOf, indexOf, writeLayout, type Image, type PlatformImage } from '../clients/image.ts';
import { createWorkspace } from '../clients/workspace.ts';
import { dropFiles } from '../desktop/drop.ts';
import { describeWindow, eventually, pressButton } from './rig/window.ts';

describeWindow('archives', (rig) => {
  const workspace = createWorkspace('browser-archives');
  let file: string;
  let broken: string;
  let image: Image;

  beforeAll(async () => {
    image = imageOf();
    await rig.repository('tools').push(image, 'v1');
    const { body } = await get(rig.berth, '/api/export?reference=tools:v1');
    file = workspace.file('tools.tar', body);
    broken = workspace.file('broken.tar', body.subarray(0, body.length / 2));
  });
  afterAll(() => workspace.remove());

  const panel = (page: Page) => page.getByRole('region', { name: 'Imports' });

  it('are dropped on the window, renamed and imported', async () => {
    const page = await rig.open();
    await page.getByRole('grid').waitFor();
    await dropFiles(page, [file]);
    const names = panel(page).getByRole('textbox', { name: /^Names of/ });
    await eventually(() => names.inputValue()).toBe('tools:v1');
    await panel(page).getByText('all of it already here').waitFor();
    await names.fill('renamed/tools:v9');
    await panel(page).getByRole('button', { name: 'Import 1 image' }).click();
    await panel(page).getByRole('link', { name: 'renamed/tools:v9' }).click();
    await page.getByRole('heading', { name: 'renamed/tools:v9' }).waitFor();
    await rig.repository('renamed/tools').expectWhole('v9', image);
  });

  it('may be folders of an OCI layout, dropped with files and with what is none', async () => {
    const inFolder = imageOf();
    const layout = writeLayout(workspace.folder('my-layout'), { 'folder:v1': inFolder });
    // Its path is longer than a plain header of tar has room for.
    const other = Buffer.from('nobody needs it');
    workspace.file(`my-layout/blobs/${digestOf(other, 'sha512').replace(':', '/')}`, other);
    const page = await rig.open();
    await page.getByRole('grid').waitFor();
    await dropFiles(page, [file, layout, workspace.folder('holiday')]);
    const card = (name: string) => panel(page).getByRole('article', { name });
    await card('holiday').getByText('it has neither index.json nor manifest.json').waitFor();
    await card('tools.tar').getByRole('button', { name: 'Import 1 image' }).waitFor();
    await pressButton(card('my-layout').getByRole('button', { name: 'Import 1 image' }));
    await card('my-layout').getByRole('link', { name: 'folder:v1' }).waitFor();
    await rig.repository('folder').expectWhole('v1', inFolder);
    await pressButton(card('tools.tar').getByRole('button', { name: /^Discard/ }));
    await card('tools.tar').getByText('Discarded: nothing was stored.').waitFor();
    await pressButton(card('tools.tar').getByRole('button', { name: 'Try again' }));
    await card('tools.tar').getByRole('button', { name: 'Import 1 image' }).waitFor();
    await pressButton(card('tools.tar').getByRole('button', { name: /^Discard/ }));
    await card('tools.tar').getByText('Discarded: nothing was stored.').waitFor();
  });

  it('are chosen from the palette with the keyboard, and imported', async () => {
    const page = await rig.open();
    await page.getByRole('grid').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^Go to/ }).fill('import');
    await page.keyboard.press('Enter');
    const chooser = page.waitForEvent('filechooser');
    await panel(page).getByRole('button', { name: 'Choose files…' }).press('Enter');
    await (await chooser).setFiles(file);
    await panel(page).getByRole('textbox').fill('chosen:v1 chosen:v2');
    await pressButton(panel(page).getByRole('button', { name: 'Import 1 image' }));
    await panel(page).getByText('Imported').waitFor();
    expect(await rig.repository('chosen').tags()).toEqual(['v1', 'v2']);
    await page.keyboard.press('Control+z');
    await eventually(() => rig.repository('chosen').tags()).toEqual([]);
  });

  it('that wait for an answer are counted on the button when the panel is closed', async () => {
    const page = await rig.open();
    await page.getByRole('grid').waitFor();
    await dropFiles(page, [file]);
    await panel(page).getByRole('button', { name: 'Import 1 image' }).waitFor();
    const button = page.getByRole('button', { name: 'Import archives: 1 waits for an answer', exact: true });
    expect(await button.count()).toBe(0);
    await panel(page).getByRole('button', { name: 'Close', exact: true }).click();
    await button.getByText('1', { exact: true }).waitFor();
    await page.reload();
    await button.waitFor();
    await page.setViewportSize({ width: 480, height: 800 });
    await page
      .getByRole('button', { name: 'Places and repositories: an archive waits', exact: true })
      .click();
    await button.click();
    await panel(page)
      .getByRole('button', { name: /^Discard/ })
      .click();
    await panel(page).getByRole('button', { name: 'Close', exact: true }).click();
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('button', { name: 'Import archives…', exact: true }).waitFor();
    expect(await button.count()).toBe(0);
  });

  it('are saved with all platforms of an image, or with one', async () => {
    const [amd, arm] = ['amd64', 'arm64'].map((architecture) =>
      imageOf({ platform: { os: 'linux', architecture } }),
    ) as [PlatformImage, PlatformImage];
    await rig.repository('multi').push(indexOf([amd, arm]), 'v1');
    const page = await rig.open('#/images/multi/v1');
    await page.getByRole('button', { name: 'More that can be done' }).click();
    await page.getByRole('menuitem', { name: /^Export/ }).click();
    const deed = page.getByRole('form', { name: 'Export multi:v1 as an archive' });
    await deed.getByRole('combobox', { name: 'Platforms' }).selectOption('linux/arm64');
    const saving = page.waitForEvent('download');
    await deed.getByRole('button', { name: /^Save \d/ }).click();
    const saved = await readFile(await (await saving).path(), 'latin1');
    expect(saved).toContain(arm.digest.slice(7));
    expect(saved).not.toContain(amd.digest.slice(7));
  });

  it('that are broken change nothing and say why', async () => {
    const page = await rig.open('', { faults: /400/ });
    await page.getByRole('grid').waitFor();
    await dropFiles(page, [broken]);
    await panel(page)
      .getByText(/Nothing was changed\./)
      .waitFor();
    expect(
      await panel(page)
        .getByRole('button', { name: /^Import \d/ })
        .count(),
    ).toBe(0);
  });
});
