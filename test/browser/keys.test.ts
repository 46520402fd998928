import { beforeAll, it } from 'vitest';
import type { Locator } from 'playwright-core';
import { imageOf } from '../clients/image.ts';
import { describeWindow, eventually, imageRoute, isFocused, pressButton } from './rig/window.ts';

describeWindow('the keys', (rig) => {
  const shop = () => rig.repository('web/shop');

  beforeAll(async () => {
    await shop().push(imageOf(), 'v0');
    for (const tag of ['v0', 'v1', 'v2', 'v3']) await shop().push(imageOf(), tag);
  });

  it('lead from an image, and from its layers, to the list of all', async () => {
    for (const view of [undefined, 'layers'] as const) {
      const page = await rig.open(imageRoute('web/shop', 'v1', view));
      await page
        .getByText(view ?? 'docker pull')
        .first()
        .waitFor();
      await page.keyboard.press('Control+1');
      await hasFocus(page.getByRole('grid', { name: 'Repositories' }));
    }
  });

  it('close with Escape what came last, one after the other', async () => {
    const page = await rig.open(imageRoute('web/shop', 'v1'));
    const tags = page.getByRole('grid', { name: /Tags of/ });
    await tags.press('Delete');
    const deed = page.getByRole('form', { name: 'Delete web/shop:v1?' });
    const imports = page.getByRole('region', { name: 'Imports' });
    const palette = page.getByRole('dialog', { name: 'Go to, or do' });
    await deed.waitFor();
    await page.getByRole('button', { name: 'Import archives…', exact: true }).click();
    await imports.waitFor();
    await page.keyboard.press('Control+k');
    await palette.waitFor();
    await page.keyboard.press('Escape');
    await palette.waitFor({ state: 'hidden' });
    await imports.waitFor();
    await page.keyboard.press('Escape');
    await imports.waitFor({ state: 'hidden' });
    await deed.waitFor();
    await tags.focus();
    await page.keyboard.press('Escape');
    await deed.waitFor({ state: 'hidden' });
    await hasFocus(tags);
  });

  it('leave a field with Escape, too, and its menu first', async () => {
    const page = await rig.open(imageRoute('web/shop', 'v1'));
    await page.getByRole('button', { name: 'Tag…' }).click();
    const deed = page.getByRole('form', { name: /another tag/ });
    await hasFocus(deed.getByRole('combobox'));
    await page.getByRole('button', { name: 'More that can be done' }).click();
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'hidden' });
    await deed.getByRole('combobox').press('Escape');
    await deed.waitFor({ state: 'hidden' });
    await hasFocus(page.getByRole('button', { name: 'Tag…' }));
  });

  it('go on from the list when what was pressed is gone', async () => {
    for (const tag of ['v1', 'v2']) await shop().delete(`manifests/${tag}`);
    const page = await rig.open(imageRoute('web/shop'));
    await page.getByRole('button', { name: /in the trash$/ }).click();
    const trash = page.getByRole('grid', { name: 'Trash of web/shop' });
    const [first, second] = ['v1', 'v2'].map((tag) => trash.getByRole('row', { name: `${tag} deleted` }));
    await first?.getByRole('button', { name: 'Put back' }).click();
    await first?.waitFor({ state: 'detached' });
    await hasFocus(trash);
    await second?.click();
    const button = page.locator('header').getByRole('button', { name: 'Put back' });
    await button.press('Enter');
    await button.waitFor({ state: 'detached' });
    await hasFocus(trash);
  });

  it('go on from the list after a tag was put back from its timeline', async () => {
    const page = await rig.open(imageRoute('web/shop', 'v0'));
    await page.getByRole('radiogroup', { name: 'Where the tag pointed' }).getByRole('radio').first().click();
    await page.getByRole('button', { name: 'Put back…' }).click();
    await pressButton(page.getByRole('button', { name: 'Put v0 back' }));
    await page.getByRole('button', { name: 'Put back…' }).waitFor({ state: 'detached' });
    await hasFocus(page.getByRole('grid', { name: 'Tags of web/shop' }));
  });
});

async function hasFocus(target: Locator): Promise<void> {
  await eventually(() => isFocused(target)).toBe(true);
}
