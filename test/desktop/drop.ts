import type { Page } from 'playwright-core';

/** Drops files on the middle of the page, through the engine's own input: the page gets files with a path. */
export async function dropFiles(page: Page, files: readonly string[]): Promise<void> {
  const [width, height] = await page.evaluate<[number, number]>('[innerWidth, innerHeight]');
  const cdp = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await cdp.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data });
  }
  await cdp.detach();
}
