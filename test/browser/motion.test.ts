import { beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { imageOf } from '../clients/image.ts';
import { describeWindow, imageRoute } from './rig/window.ts';

/** Runs in the page before all else: looks at every frame for what moves. */
const WATCH = `
  globalThis.moved = [];
  const look = () => {
    for (const { effect, animationName, transitionProperty } of document.getAnimations())
      if (effect.getComputedTiming().activeDuration > 0) moved.push(animationName ?? transitionProperty);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

describeWindow('motion', (rig) => {
  beforeAll(async () => {
    await rig.repository('web/shop').push(imageOf(), 'v1');
  });

  it.each([
    ['nothing, where it is not wanted', 'reduce', false],
    ['something elsewhere', 'no-preference', true],
  ] as const)('moves %s', async (_name, reducedMotion, expected) => {
    const page = await rig.open(imageRoute('web/shop', 'v1'), { width: 1000 });
    await page.emulateMedia({ reducedMotion });
    await page.addInitScript(WATCH);
    await page.reload();
    await act(page);
    const moved = await page.evaluate<string[]>('moved');
    if (expected) expect(moved).not.toEqual([]);
    else expect(moved).toEqual([]);
  });

  /** All that comes and goes. */
  async function act(page: Page): Promise<void> {
    await page.getByRole('heading', { name: 'web/shop:v1' }).waitFor();
    await page.keyboard.press('Control+b');
    await page.getByRole('dialog', { name: 'Places and repositories' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Import archives…' }).first().click();
    await page.getByRole('region', { name: 'Imports' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Copy digest' }).first().hover();
    await page.getByRole('button', { name: 'Tag…' }).click();
    await page.getByRole('form').getByRole('combobox').fill('web/shop:v2');
    await page.keyboard.press('Enter');
    await page.getByText('Tagged web/shop:v2').or(page.getByText('pointed there already')).waitFor();
    await page.keyboard.press('Control+6');
    await page.getByRole('switch').first().click();
  }
});
