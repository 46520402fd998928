import { beforeAll, expect, it } from 'vitest';
import { imageOf, randomLayer } from '../clients/image.ts';
import { describeWindow, eventually, tabTo } from './rig/window.ts';

describeWindow('cleaning up', (rig) => {
  beforeAll(async () => {
    await rig.repository('app').push(imageOf(), 'stays');
  });

  const used = async (): Promise<number> => {
    const answer = await fetch(`${rig.berth.url}/api/disk`);
    return ((await answer.json()) as { used: number }).used;
  };

  async function deleteOne(): Promise<void> {
    const image = imageOf({ layers: [randomLayer(3_000_000)] });
    await rig.repository('app').push(image, 'goes');
    await rig.repository('app').delete(`manifests/${image.digest}`);
  }

  it('shows what goes, does it, and says what was measured', async () => {
    await deleteOne();
    const before = await used();
    const page = await rig.open('#/disk');
    await page.getByRole('button', { name: 'Clean up…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Clean up' });
    await dialog.getByText('Also empty the trash').click();
    await dialog.getByText(/leave the disk for good/).waitFor();
    await dialog.getByRole('row', { name: /app@/ }).first().waitFor();
    await dialog.getByRole('button', { name: 'Free 3.0 MB' }).click();
    await dialog.getByText(/3\.0 MB\s+freed/).waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(before - (await used())).toBeGreaterThan(2_900_000);
    expect(await rig.repository('app').tags()).toEqual(['stays']);
  });

  it('is done with the keyboard alone', async () => {
    await deleteOne();
    const page = await rig.open('#/disk');
    await tabTo(page, page.getByRole('button', { name: 'Clean up…' }));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Clean up' });
    await tabTo(page, dialog.getByRole('switch'));
    await page.keyboard.press('Space');
    await tabTo(page, dialog.getByRole('button', { name: 'Free 3.0 MB' }));
    await page.keyboard.press('Enter');
    await dialog.getByText(/3\.0 MB\s+freed/).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('follows deletions, undos and reclaims that others make', async () => {
    const app = rig.repository('app');
    await app.push(imageOf({ layers: [randomLayer(5_000_000)] }), 'short-lived');
    const page = await rig.open('#/disk');
    const trash = page.locator('dl > div').filter({ hasText: 'In the trash' }).locator('dd');
    await trash.filter({ hasText: /^0 B$/ }).waitFor();
    const map = page.getByLabel('Map of the disk');
    await app.delete('manifests/short-lived');
    await trash.filter({ hasText: /^5\.0 MB$/ }).waitFor();
    await map.getByRole('button', { name: /Trash/ }).waitFor();
    const post = (path: string, body: object) =>
      fetch(`${rig.berth.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await post('/api/undo', {});
    await trash.filter({ hasText: /^0 B$/ }).waitFor();
    await app.delete('manifests/short-lived');
    await trash.filter({ hasText: /^5\.0 MB$/ }).waitFor();
    await post('/_gc', { emptyTrash: true });
    await trash.filter({ hasText: /^0 B$/ }).waitFor();
  });

  it('has figures in the map that add up to the one above it', async () => {
    const base = randomLayer(6_000_000);
    for (const name of ['shared/one', 'shared/two', 'shared/three'])
      await rig.repository(name).push(imageOf({ layers: [base, randomLayer(2_000_000)] }), 'v1');
    const page = await rig.open('#/disk');
    const map = page.getByLabel('Map of the disk');
    await map.getByRole('button', { name: /shared\/one/ }).waitFor();
    const figure = (text: string | null): number => {
      const [, value, unit = ''] = /([\d.]+) (B|kB|MB)/.exec(text ?? '') ?? [];
      return Number(value) * ({ kB: 1e-3, MB: 1 }[unit] ?? 1e-6);
    };
    const cells = await map.locator('.heard').allTextContents();
    const sum = cells.reduce((total, cell) => total + figure(cell), 0);
    const above = figure(await page.getByRole('main').locator('strong').first().textContent());
    // Each is rounded.
    expect(Math.abs(sum - above)).toBeLessThan(0.05 * (cells.length + 1));
    expect(await map.getByText('4.0 MB').count()).toBeGreaterThanOrEqual(3);
  });

  it('leads from the map to the layers of a repository, and back', async () => {
    const page = await rig.open('#/disk');
    await page.getByLabel('Map of the disk').waitFor();
    await page.getByText('Table', { exact: true }).click();
    await page.getByRole('row', { name: /^app/ }).dblclick();
    await eventually(() => page.url()).toContain('#/disk/repository/app');
    await page.goBack();
    await page.getByRole('button', { name: 'Clean up…' }).waitFor();
  });
});
