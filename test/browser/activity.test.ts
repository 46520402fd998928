import { request } from 'node:http';
import { expect, it } from 'vitest';
import { send } from '../clients/http.ts';
import { imageOf, randomLayer } from '../clients/image.ts';
import { describeWindow, eventually } from './rig/window.ts';

const PUSHES = 8;

describeWindow('activity', (rig) => {
  it('shows eight pushes at once, layer by layer, until each has ended', async () => {
    const page = await rig.open('#/activity');
    await page.getByText(/^Nothing was pushed or pulled since Berth started at \d/).waitFor();
    const list = page.getByRole('listbox', { name: 'Pushes and pulls' });
    const running = list.getByRole('option').filter({ hasText: 'now' });
    const images = Array.from({ length: PUSHES }, () =>
      imageOf({ layers: [randomLayer(300_000), randomLayer(300_000)] }),
    );
    const held = await Promise.all(images.map(async (_, index) => hold(`busy/app-${index}`)));
    await eventually(() => list.getByRole('option').count()).toBe(PUSHES);
    for (let index = 0; index < PUSHES; index += 1) {
      await list.getByText(`busy/app-${index}`).waitFor();
    }
    await Promise.all(
      images.map(async (image, index) => {
        held[index]?.();
        await rig.repository(`busy/app-${index}`).push(image, 'v1');
      }),
    );
    await list.getByText('busy/app-0:v1').waitFor();
    await eventually(async () => await list.getByText(/busy\/app-\d:v1/).count()).toBe(PUSHES);
    await eventually(() => running.count()).toBe(0);
    await list.getByText('busy/app-3:v1').click();
    const detail = page.getByRole('region', { name: 'busy/app-3:v1' });
    await detail.getByRole('button', { name: 'Show the image' }).click();
    await page.getByRole('heading', { name: 'busy/app-3:v1' }).waitFor();
  });

  it('cuts a long name, and keeps what stands beside it in sight', async () => {
    await rig.repository(`${'long/'.repeat(40)}name`).push(imageOf(), 'v'.repeat(120));
    const page = await rig.open('#/activity');
    const option = page.getByRole('option', { name: /long\/long/ });
    const [row, when] = [await option.boundingBox(), await option.locator('.when').boundingBox()];
    expect((when?.x ?? Infinity) + (when?.width ?? 0)).toBeLessThanOrEqual((row?.x ?? 0) + (row?.width ?? 0));
  });

  it('explains why a push stands still', async () => {
    const letGo = await hold('slow/app');
    const page = await rig.open('#/activity');
    await page.getByRole('option', { name: /slow\/app.*waiting for the client/ }).click();
    const detail = page.getByRole('region', { name: 'slow/app' });
    await detail
      .getByText(/sends nothing at the moment: it reads a layer, or its network stands still/)
      .waitFor();
    letGo();
  });

  it('takes a change of the journal back', async () => {
    await rig.repository('journal').push(imageOf(), 'v1');
    await rig.repository('journal').delete('manifests/v1');
    const page = await rig.open('#/activity/changes');
    const change = page.getByRole('row', { name: /deleted .*journal/ });
    await change.hover();
    await change.getByRole('button', { name: 'Undo' }).click();
    await eventually(() => rig.repository('journal').tags()).toEqual(['v1']);
    await page.getByText(/undone by #\d+/).waitFor();
  });

  it('scrolls down to the oldest change, and stays there when others come', async () => {
    await rig.repository('long').push(imageOf(), 'v1');
    for (let index = 0; index < 500; index += 1) {
      const body = JSON.stringify({ protected: index % 2 === 0 });
      await send(rig.berth, 'PATCH', '/api/tags?repository=long&tag=v1', { body });
    }
    const page = await rig.open('#/activity/changes');
    const grid = page.getByRole('grid', { name: 'Changes, the newest first' });
    await grid.press('End');
    await eventually(async () => Number(await grid.getAttribute('aria-rowcount'))).toBe(400);
    await eventually(async () => {
      await grid.press('End');
      return page.getByRole('row', { name: /pushed long:v1/ }).count();
    }).toBe(1);
    await grid.evaluate((element) => element.scrollTo(0, 46 * 250));
    const first = async (): Promise<string> =>
      await grid.evaluate((element) => {
        const { left, top } = element.getBoundingClientRect();
        const row = element.ownerDocument.elementFromPoint(left + 200, top + 30)?.closest('[role=row]');
        return row?.querySelector('small')?.textContent.trim() ?? '';
      });
    await eventually(first).toMatch(/^#\d+/);
    const before = await first();
    await rig.repository('long').push(imageOf(), 'v2');
    await eventually(async () => Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(501);
    await grid.evaluate((element) => element.scrollTop);
    expect(await first()).toBe(before);
    expect(await grid.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  });

  it('shows the log as it is written', async () => {
    const page = await rig.open('#/activity/log');
    await rig.repository('logged').push(imageOf(), 'v1');
    await page
      .getByText(/logged/)
      .first()
      .waitFor();
  });

  /** A layer that does not arrive whole, until it is let go. */
  async function hold(repository: string): Promise<() => void> {
    const location = await rig.repository(repository).openUpload();
    const sending = request(new URL(location, rig.berth.url), {
      method: 'PATCH',
      headers: { 'content-type': 'application/octet-stream', 'content-length': 4_000_000 },
    });
    sending.on('error', () => undefined);
    await new Promise((sent) => sending.write(Buffer.alloc(1_000_000), sent));
    return () => void sending.destroy();
  }
});
