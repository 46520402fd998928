import { beforeAll, expect, it } from 'vitest';
import { get, json, patch } from '../clients/http.ts';
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

  it('a field that goes while one types into it changes nothing', async () => {
    const minutes = async () =>
      json<{ reclaimMinutes: number | null }>(await get(rig.berth, '/api/settings')).reclaimMinutes;
    const page = await rig.open('#/settings');
    const field = page.getByRole('textbox', { name: 'Free the disk every, minutes' });
    await field.pressSequentially('5');
    await patch(rig.berth, '/api/settings', { body: '{"reclaimMinutes":null}' });
    await field.waitFor({ state: 'detached' });
    // Whatever the page has sent by now was there before this.
    await page.getByRole('textbox', { name: 'Undo window, days' }).fill('4');
    await page.keyboard.press('Enter');
    await page.getByText('Changed the undo window').waitFor();
    expect(await minutes()).toBeNull();
  });

  it('a budget below what is used is set only when that is confirmed', async () => {
    const budget = async () => json<{ budget: number | null }>(await get(rig.berth, '/api/settings')).budget;
    const page = await rig.open('#/settings', { faults: /409/ });
    const field = page.getByRole('textbox', { name: 'Budget' });
    await field.fill('1KB');
    await field.press('Enter');
    await page.getByRole('heading', { name: 'A budget of 1.0 kB deletes 1 tag for good.' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' });
    expect([await field.inputValue(), await budget()]).toEqual(['', null]);
    await field.fill('1KB');
    await field.press('Enter');
    await page.getByRole('button', { name: 'Delete 1 tag for good' }).click();
    await eventually(budget).toBe(1000);
    await patch(rig.berth, '/api/settings', { body: '{"budget":null}' });
    await rig.repository('web/shop').push(imageOf(), 'v1');
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
    const banner = page.getByText('Berth does not answer. What you see is as it was');
    await banner.waitFor();
    await page.getByRole('heading', { name: 'web/shop:v1' }).waitFor();
    await rig.berth.restart();
    await banner.waitFor({ state: 'hidden' });
    // What was still being read when it stopped is read again, too.
    await eventually(() => page.getByText('could not be').count()).toBe(0);
    await rig.repository('web/shop').push(imageOf(), 'v2');
    await page.getByRole('row', { name: /^v2/ }).waitFor();
  });
});
