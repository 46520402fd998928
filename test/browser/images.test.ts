import { beforeAll, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import type { TagList } from '../../registry/api/contract.ts';
import { get } from '../clients/http.ts';
import { imageOf, randomLayer } from '../clients/image.ts';
import { describeWindow, eventually, imageRoute, isFocused, tabTo } from './rig/window.ts';

/** What was open is asked for once more when somebody has deleted it. */
const GONE = /404/;

describeWindow('a person with a mouse', (rig) => {
  const shop = () => rig.repository('web/shop');
  const tags = () => eventually(() => shop().tags());
  const base = randomLayer();
  const image = imageOf({ layers: [base, randomLayer()] });
  let first: string;

  beforeAll(async () => {
    const old = imageOf({ layers: [base, randomLayer()] });
    first = old.digest;
    await shop().push(old, 'latest');
    await shop().push(image, 'latest');
    for (const tag of ['v1', 'v2', 'v3', 'v4']) {
      await shop().push(imageOf({ layers: [base, randomLayer()] }), tag);
    }
    await rig.repository('infra/redis').push(imageOf(), '7-alpine');
  });

  it('finds an image by a part of its name and comes to its layers', async () => {
    const page = await rig.open();
    await page.getByRole('searchbox', { name: 'Search names, tags and digests' }).fill('late');
    await page.getByRole('option', { name: /web\/shop.*latest/ }).dblclick();
    await page.getByRole('heading', { name: 'web/shop:latest' }).waitFor();
    expect(page.url()).toContain(imageRoute('web/shop', 'latest'));
    const bar = page.getByRole('toolbar', { name: 'Layers to scale' });
    await eventually(() => bar.getByRole('button').count()).toBe(2);
    await page.getByRole('button', { name: 'Layers', exact: true }).click();
    await page.getByRole('treeitem', { name: /^data/ }).click();
    await page.getByText('Only this layer').waitFor({ state: 'hidden' });
    await page.getByRole('option').nth(1).click();
    await page.getByText('Only this layer').waitFor();
  });

  it('gives it another tag, and takes that back from the toast', async () => {
    const page = await rig.open(imageRoute('web/shop', 'latest'));
    await page.getByRole('button', { name: 'Tag…' }).click();
    await page.getByRole('combobox', { name: /New name/ }).fill('web/shop:stable');
    await page.getByRole('combobox', { name: /New name/ }).fill('web/shop:v1');
    await page.getByText(/web\/shop:v1 points at \w{12} now\. It moves here/).waitFor();
    await page.getByRole('button', { name: 'Move v1' }).waitFor();
    await page.getByRole('combobox', { name: /New name/ }).fill('web/shop:stable');
    await page.getByRole('button', { name: 'Add stable' }).click();
    await tags().toContain('stable');
    await page.getByRole('row', { name: /^stable/ }).waitFor();
    await undoByToast(page, 'Tagged web/shop:stable');
    await tags().not.toContain('stable');
  });

  it('deletes three tags after seeing what goes, and brings them back', async () => {
    const page = await rig.open(imageRoute('web/shop'), { faults: GONE });
    await page.getByRole('row', { name: /^v1/ }).click();
    await page.getByRole('row', { name: /^v2/ }).click({ modifiers: ['Control'] });
    await page.getByRole('row', { name: /^v4/ }).click({ modifiers: ['Control'] });
    await page.getByRole('heading', { name: '3 tags selected' }).waitFor();
    await page.getByRole('button', { name: 'Delete…' }).click();
    const deed = page.getByRole('form', { name: 'Delete 3 tags?' });
    await deed.getByText(/3 manifests\s+go with them/).waitFor();
    await deed.getByRole('button', { name: 'Delete 3 tags' }).click();
    await tags().toEqual(['latest', 'v3']);
    await page.getByRole('row', { name: /^v4/ }).waitFor({ state: 'hidden' });
    await undoByToast(page, 'Deleted 3 tags');
    await tags().toEqual(['latest', 'v1', 'v2', 'v3', 'v4']);
    await page.getByRole('row', { name: /^v4/ }).waitFor();
  });

  it('deletes a tag from its menu, and takes that back with a key', async () => {
    const page = await rig.open(imageRoute('web/shop'), { faults: GONE });
    await page.getByRole('row', { name: /^v3/ }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: /^Delete/ }).click();
    await page.getByRole('button', { name: 'Delete 1 tag' }).click();
    await tags().not.toContain('v3');
    await page.keyboard.press('Control+z');
    await page.getByText('Undone: deleted').waitFor();
    await tags().toContain('v3');
  });

  it('puts a deleted image back from the trash of its repository', async () => {
    await shop().push(imageOf({ layers: [base, randomLayer()] }), 'doomed');
    const page = await rig.open(imageRoute('web/shop'));
    await page.getByRole('row', { name: /^doomed/ }).waitFor();
    await shop().delete('manifests/doomed');
    await page.getByRole('row', { name: /^doomed/ }).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /in the trash$/ }).click();
    const row = page.getByRole('row', { name: /^doomed deleted/ });
    await row.click();
    await page.getByText(/^in the trash until /).waitFor();
    await row.getByRole('button', { name: 'Put back' }).click();
    await tags().toContain('doomed');
    await undoByToast(page, 'Put web/shop:doomed back');
    await tags().not.toContain('doomed');
    await row.waitFor();
  });

  it('puts an old image back from the timeline', async () => {
    const page = await rig.open(imageRoute('web/shop', 'latest'));
    const timeline = page.getByRole('radiogroup', { name: 'Where the tag pointed' });
    await timeline.getByRole('radio').first().click();
    await page.getByRole('button', { name: 'Put back…' }).click();
    const deed = page.getByRole('form', { name: 'Put web/shop:latest back?' });
    await deed.getByRole('row', { name: `Now ${image.digest.slice(7, 19)}` }).waitFor();
    await deed.getByRole('row', { name: `Then ${first.slice(7, 19)}` }).waitFor();
    await deed.getByRole('button', { name: 'Put latest back' }).press('Enter');
    const latest = async () => (await shop().headManifest('latest')).headers['docker-content-digest'];
    await eventually(latest).toBe(first);
    await undoByToast(page, 'Put web/shop:latest back');
    await eventually(latest).toBe(image.digest);
  });

  it('lets two tags expire on a date, and takes that back at once', async () => {
    const page = await rig.open('#/images/web%2Fshop');
    const grid = page.getByRole('grid', { name: /Tags of/ });
    await grid.press('Home');
    await grid.press('Shift+ArrowDown');
    await page.getByRole('button', { name: 'Expire…' }).press('Enter');
    const deed = page.getByRole('form', { name: 'When do 2 tags expire?' });
    for (let index = 0; index < 4; index += 1) await page.keyboard.press('ArrowRight');
    await deed.getByLabel('Date and time').fill('2100-01-31T10:00');
    await page.keyboard.press('Enter');
    const expiring = async () => {
      const { body } = await get(rig.berth, '/api/tags?repository=web%2Fshop');
      const list = JSON.parse(body.toString()) as TagList;
      return list.tags.filter(({ expiresAt }) => expiresAt !== null).length;
    };
    await eventually(expiring).toBe(2);
    await undoByToast(page, 'Set 2 tags to expire');
    await eventually(expiring).toBe(0);
  });

  it('protects a tag, which nothing deletes then', async () => {
    const page = await rig.open(imageRoute('web/shop', 'v1'));
    await page.getByRole('button', { name: 'More that can be done' }).click();
    await page.getByRole('menuitem', { name: 'Protect…' }).click();
    const deed = page.getByRole('form', { name: 'Protect web/shop:v1?' });
    await deed.getByText(/No push moves it/).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /^v1/ }).getByRole('img', { name: 'Protected' }).waitFor();
    await undoByToast(page, 'Protected');
    await page.getByRole('img', { name: 'Protected' }).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'More that can be done' }).click();
    await page.getByRole('menuitem', { name: 'Protect…' }).click();
    await deed.getByRole('button', { name: 'Protect the tag' }).click();
    await page.getByRole('img', { name: 'Protected' }).waitFor();
    await page.getByRole('grid', { name: /Tags of/ }).press('Delete');
    await page.getByText('The tag web/shop:v1 is protected.').waitFor();
    expect(await page.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true);
  });

  it('saves an image as an archive', async () => {
    const page = await rig.open(imageRoute('web/shop', 'latest'));
    await page.getByRole('button', { name: 'More that can be done' }).click();
    await page.getByRole('menuitem', { name: 'Export…' }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: /^Save \d/ }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('web-shop-latest.tar');
    expect(await download.failure()).toBeNull();
  });

  it('copies the pull command for the client of their choice', async () => {
    const page = await rig.open(imageRoute('web/shop', 'latest'));
    await page.getByRole('combobox').selectOption('podman');
    await page.getByText('podman pull --tls-verify=false').waitFor();
    await page.reload();
    await page.getByText('podman pull --tls-verify=false').waitFor();
  });

  it('is told that an image is not here', async () => {
    const page = await rig.open(imageRoute('web/shop', 'gone'), { faults: GONE });
    await page.getByRole('alert').getByText('web/shop has no tag gone').waitFor();
    expect((await get(rig.berth, '/v2/web/shop/manifests/gone')).status).toBe(404);
  });
});

describeWindow('a person with the keyboard alone', (rig) => {
  const shop = () => rig.repository('web/shop');
  const tags = () => eventually(() => shop().tags());

  beforeAll(async () => {
    await rig.repository('infra/redis').push(imageOf(), '7-alpine');
    for (const tag of ['v1', 'v2', 'v3', 'v4']) await shop().push(imageOf(), tag);
  });

  it('finds an image and comes to its layers', async () => {
    const page = await rig.open();
    await page.getByRole('row', { name: /^web\/shop/ }).waitFor();
    await page.keyboard.press('Control+f');
    await page.keyboard.type('7-alp');
    await page.getByRole('option', { name: /infra\/redis/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'infra/redis:7-alpine' }).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('treeitem', { name: /^data/ }).waitFor();
    await tabTo(page, page.getByRole('tree', { name: 'Files' }));
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    const files = page.getByRole('tree', { name: 'Files' }).getByRole('treeitem');
    await eventually(() => files.count()).toBe(2);
  });

  it('deletes three tags and brings them back', async () => {
    const page = await rig.open('', { faults: GONE });
    await page.getByRole('row', { name: /^web\/shop/ }).waitFor();
    await tabTo(page, page.getByRole('grid', { name: 'Repositories' }));
    await page.keyboard.type('web');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /^v2/ }).waitFor();
    await hasFocus(page.getByRole('grid', { name: /Tags of/ }));
    await page.keyboard.type('v3');
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Delete');
    await page.getByText(/It can be undone until/).waitFor();
    await eventually(() => page.getByRole('button', { name: 'Delete 3 tags' }).isEnabled()).toBe(true);
    await tabTo(page, page.getByRole('button', { name: 'Delete 3 tags' }));
    await page.keyboard.press('Enter');
    await eventually(async () => (await shop().tags()).length).toBe(1);
    await page.keyboard.press('Control+z');
    await tags().toEqual(['v1', 'v2', 'v3', 'v4']);
  });

  it('leaves a question with Escape, and comes back to where it was', async () => {
    const page = await rig.open(imageRoute('web/shop', 'v2'));
    const list = page.getByRole('grid', { name: /Tags of/ });
    await tabTo(page, list);
    await page.keyboard.press('Delete');
    await page.getByRole('form', { name: 'Delete web/shop:v2?' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('form').waitFor({ state: 'hidden' });
    await hasFocus(list);
  });

  it('goes through the places, and sees all keys', async () => {
    const page = await rig.open();
    await page.getByRole('row').first().waitFor();
    for (const [index, name] of ['Images', 'Layers', 'Disk', 'Activity', 'Connect', 'Settings'].entries()) {
      await page.keyboard.press(`Control+${index + 1}`);
      await page.getByRole('navigation').locator('[aria-current=page]', { hasText: name }).waitFor();
    }
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keys' });
    await sheet.getByText('Undo', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'hidden' });
  });
});

async function hasFocus(target: Locator): Promise<void> {
  await eventually(() => isFocused(target)).toBe(true);
}

async function undoByToast(page: Page, said: string): Promise<void> {
  const toast = page.getByRole('region', { name: 'Notices' }).getByRole('group').filter({ hasText: said });
  await toast.getByRole('button', { name: 'Undo' }).click();
}
