import type { Locator, Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { imageOf } from '../clients/image.ts';
import { send } from '../clients/http.ts';
import { describeWindow, eventually, imageRoute, isFocused, pressButton } from './rig/window.ts';

describeWindow('a notice with Undo', (rig) => {
  beforeEach(async () => {
    await rig.repository('app').push(imageOf(), 'stays');
    await rig.repository('app').push(imageOf(), 'goes');
  });

  const post = (path: string, body: object = {}) =>
    send(rig.berth, 'POST', path, { body: JSON.stringify(body) });

  async function deleteInWindow(page: Page): Promise<Locator> {
    await page.getByRole('row', { name: /^goes/ }).click();
    await page.keyboard.press('Delete');
    await pressButton(page.getByRole('button', { name: 'Delete 1 tag' }));
    const notice = page.getByRole('region', { name: 'Notices' }).getByRole('group');
    await notice.hover();
    return notice;
  }

  it('loses it when somebody else has undone the same, and keeps the focus', async () => {
    const page = await rig.open(imageRoute('app'), { faults: /404/ });
    const notice = await deleteInWindow(page);
    await notice.getByRole('button', { name: 'Undo' }).focus();
    await post('/api/undo');
    await notice.getByText('Undone elsewhere').waitFor();
    expect(await notice.getByRole('button', { name: 'Undo' }).count()).toBe(0);
    await eventually(() => isFocused(notice.getByRole('button', { name: 'Dismiss' }))).toBe(true);
  });

  it('loses it when the trash is emptied', async () => {
    const page = await rig.open(imageRoute('app'), { faults: /404/ });
    const notice = await deleteInWindow(page);
    await post('/_gc', { emptyTrash: true });
    const refused = notice.getByText('Can no longer be undone');
    await refused.waitFor();
    expect(await refused.getAttribute('title')).toMatch(/^app@[0-9a-f]{12} was reclaimed/);
    expect(await notice.getByRole('button', { name: 'Undo' }).count()).toBe(0);
  });

  it('has it again when what was in its way has been undone', async () => {
    const page = await rig.open(imageRoute('app'), { faults: /404/ });
    const notice = await deleteInWindow(page);
    await rig.repository('app').push(imageOf(), 'goes');
    await notice.getByText('Can no longer be undone').waitFor();
    await post('/api/undo');
    await notice.getByRole('button', { name: 'Undo' }).click();
    await eventually(() => rig.repository('app').tags()).toContain('goes');
  });

  it('covers nothing, and leaves the row of the arrows in sight', async () => {
    const [image, long] = [imageOf(), rig.repository('long')];
    for (let index = 0; index < 40; index += 1) await long.push(image, `v${index}`);
    const page = await rig.open(imageRoute('long'), { width: 700, height: 500 });
    const list = page.getByRole('grid', { name: /Tags of/ });
    await list.press('End');
    await page.keyboard.press('Control+c');
    const notice = page.getByRole('region', { name: 'Notices' }).getByRole('group');
    // It stays as long as the pointer is on it.
    await notice.hover();
    const row = page.getByRole('row', { selected: true });
    const [bar, main] = [await notice.boundingBox(), await page.getByRole('main').boundingBox()];
    expect((main?.y ?? 0) + (main?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
    await eventually(async () => {
      const [inner, outer] = [await row.boundingBox(), await list.boundingBox()];
      return (inner?.y ?? 0) + (inner?.height ?? 0) - (outer?.y ?? 0) - (outer?.height ?? 0);
    }).toBeLessThanOrEqual(0);
  });

  it('shows short digests where it is refused before anybody could know', async () => {
    const page = await rig.open(imageRoute('app'), { faults: /40[49]|ERR_FAILED/ });
    await page.route('**/api/changes*', (route) => route.abort());
    const notice = await deleteInWindow(page);
    await post('/_gc', { emptyTrash: true });
    await notice.getByRole('button', { name: 'Undo' }).click();
    const alert = page.getByRole('region', { name: 'Notices' }).getByRole('alert');
    await alert
      .getByText(/^app@[0-9a-f]{12} was reclaimed, and cannot be put back\. Push it again\.$/)
      .waitFor();
  });
});
