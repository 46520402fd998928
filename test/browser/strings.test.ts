import { beforeAll, expect, it } from 'vitest';
import { fillOdd, LONGEST_NAME, MARKUP } from './sample/odd.mjs';
import { describeWindow, eventually, imageRoute } from './rig/window.ts';

const MARKUP_IMAGE = imageRoute('odd/markup', 'latest');
const LONG_IMAGE = imageRoute(LONGEST_NAME, 'latest');

/** Whatever an image could have brought into the document. */
const MADE = `JSON.stringify({
  title: document.title,
  images: [...document.querySelectorAll('img')].map((image) => image.outerHTML),
  scripts: document.querySelectorAll('body script').length,
  bold: document.querySelectorAll('b > b, td b, dd b').length,
  handlers: document.querySelectorAll('[onerror]').length,
})`;

/** Elements with a scroll bar from left to right, the document among them; code may have one. */
const TOO_WIDE = `[document.documentElement, ...document.querySelectorAll('main *')]
  .filter((element) => element.scrollWidth > element.clientWidth
    && (element === document.documentElement || ['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
    && element.tagName !== 'PRE')
  .map((element) => element.outerHTML.slice(0, 120))`;

describeWindow('strings from images', (rig) => {
  beforeAll(async () => fillOdd(rig.berth.url, { manyTags: 2 }));

  it.each([
    MARKUP_IMAGE,
    `${MARKUP_IMAGE}/layers`,
    '#/activity',
    '#/activity/changes',
    '#/activity/log',
    '#/disk',
    '#/images/odd%2Fmany-platforms/latest',
  ])('are never interpreted at %s', async (route) => {
    const page = await rig.open(route);
    const violations: string[] = [];
    await page.exposeFunction('violated', (directive: string) => violations.push(directive));
    await page.evaluate(`document.addEventListener('securitypolicyviolation',
      (event) => violated(event.violatedDirective + ' ' + event.blockedURI))`);
    await rig.settled(page);
    if (route === MARKUP_IMAGE) {
      await page.getByText(MARKUP, { exact: true }).first().waitFor();
      await page.getByText('Raw manifest').click();
      await page.getByRole('button', { name: 'Copy as pushed' }).waitFor();
    }
    await eventually(() => page.evaluate<string>(MADE)).toBe(
      JSON.stringify({ title: 'Berth', images: [], scripts: 0, bold: 0, handlers: 0 }),
    );
    expect(violations).toEqual([]);
  });

  it.each([
    ['an image', LONG_IMAGE],
    ['its layers', `${LONG_IMAGE}/layers`],
    ['an image of markup', MARKUP_IMAGE],
    ['the repositories', '#/images'],
    ['the disk', '#/disk'],
    ['activity', '#/activity'],
    ['the changes', '#/activity/changes'],
  ])('do not make %s wider than the window', async (_name, route) => {
    const page = await rig.open(route);
    for (const width of [1440, 1000, 600]) {
      await page.setViewportSize({ width, height: 800 });
      await rig.settled(page);
      await eventually(() => page.evaluate<string[]>(TOO_WIDE)).toEqual([]);
    }
  });
});
