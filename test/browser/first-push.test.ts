import { expect, it } from 'vitest';
import { imageOf } from '../clients/image.ts';
import { clipboardOf, describeWindow, eventually } from './rig/window.ts';

describeWindow('the empty window', (rig) => {
  it('shows what to type, and the first push as it arrives', async () => {
    const page = await rig.open();
    await page.getByRole('heading', { name: 'Nothing is moored here yet' }).waitFor();
    await page.getByText('podman', { exact: true }).click();
    await page.getByRole('button', { name: 'Copy the push command' }).click();
    await eventually(() => clipboardOf(page)).toBe(
      `podman push --tls-verify=false localhost:${rig.berth.port}/hello`,
    );

    const image = imageOf();
    const hello = rig.repository('hello');
    for (const blob of image.blobs) await hello.pushBlob(blob);
    await page.getByRole('heading', { name: /^hello.* is arriving/ }).waitFor();
    await hello.push(image, 'latest');
    await page.getByRole('row', { name: /^hello/ }).waitFor();
    await page.getByRole('tree', { name: 'Repositories' }).getByText('hello').waitFor();
    expect(await page.getByText('Nothing is moored here yet').count()).toBe(0);
  });
});
