import { beforeAll, expect, it } from 'vitest';
import { get, json } from '../clients/http.ts';
import { imageOf } from '../clients/image.ts';
import { describeWindow, eventually, imageRoute } from './rig/window.ts';

describeWindow('around the places', (rig) => {
  beforeAll(async () => {
    await rig.repository('web/shop').push(imageOf(), 'v1');
  });

  it('the palette leads to an image and to a place', async () => {
    const page = await rig.open();
    await page.getByRole('grid').waitFor();
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Go to, or do' });
    await palette.getByRole('combobox').fill('shop:v1');
    await palette.getByRole('option', { name: 'web/shop:v1' }).click();
    await page.getByRole('heading', { name: 'web/shop:v1' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('sett');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    expect(page.url()).toContain('#/settings');
  });

  it('a setting is kept, and one that is wrong is explained', async () => {
    const undoDays = async () => json<{ undoDays: number }>(await get(rig.berth, '/api/settings')).undoDays;
    const page = await rig.open('#/settings', { faults: /400/ });
    const field = page.getByRole('textbox', { name: 'Undo window, days' });
    await field.fill('3');
    await field.press('Enter');
    await eventually(undoDays).toBe(3);
    await field.fill('-1');
    await field.press('Enter');
    await page.getByRole('alert').first().waitFor();
    expect(await undoDays()).toBe(3);
  });

  it('light and dark are chosen and kept', async () => {
    const page = await rig.open('#/settings');
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
    await eventually(background).not.toBe(light);
    const dark = await background();
    await page.reload();
    await eventually(background).toBe(dark);
  });

  it('says that the registry does not answer, and comes back by itself', async () => {
    const page = await rig.open(imageRoute('web/shop', 'v1'), { faults: /net::ERR_|Failed to load|fetch/ });
    await page.getByRole('heading', { name: 'web/shop:v1' }).waitFor();
    await rig.berth.stop();
    await page.getByText('Berth does not answer.').waitFor();
    await page.getByRole('heading', { name: 'web/shop:v1' }).waitFor();
    await rig.berth.restart();
    await page.getByText('Berth does not answer.').waitFor({ state: 'hidden' });
    await rig.repository('web/shop').push(imageOf(), 'v2');
    await page.getByRole('row', { name: /^v2/ }).waitFor();
  });
});
