// Each of these is sent to a page as its text, and runs there alone. A deed answers how to tell that it is shown.

/** Milliseconds from a deed to the frame after the one that shows what it leads to; at the start, from there. */
export async function timeUntilShown(deed) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const begun = performance.now();
  const { isShown, since = begun } = deed();
  while (!isShown()) {
    if (performance.now() - begun > 30_000) throw new Error(`nothing came of ${deed}`);
    await frame();
  }
  // The callbacks of a frame run before it is painted.
  await frame();
  return performance.now() - since;
}

/** @returns milliseconds to the first paint with content, and bytes of the page, its code and its fonts as they came */
export function firstPage() {
  const [paint] = performance.getEntriesByName('first-contentful-paint');
  const files = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const own = files.filter(({ name }) => !new URL(name).pathname.startsWith('/api/'));
  return { paint: paint.startTime, bytes: own.reduce((sum, { transferSize }) => sum + transferSize, 0) };
}

export function waitForRows() {
  return { isShown: () => document.querySelector('main [role=grid] [data-index]') !== null, since: 0 };
}

export function openFirst() {
  const list = document.querySelector('main [role=grid]');
  list.querySelector('[data-index="0"]').click();
  const isNew = (grid) => grid !== null && grid !== list && grid.querySelector('[data-index]') !== null;
  return { isShown: () => isNew(document.querySelector('main [role=grid]')) };
}

/** To the next image of a list. */
export function goDown() {
  const list = document.querySelector('main [role=grid]');
  const title = () => document.querySelector('main article h1')?.textContent;
  const before = title();
  list.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
  return { isShown: () => title() !== undefined && title() !== before };
}

export function sortByTag() {
  const first = () => document.querySelector('main [role=grid] [data-index]')?.textContent;
  const before = first();
  document.querySelector('main [role=columnheader] button').click();
  return { isShown: () => first() !== before };
}

export function search() {
  const field = document.querySelector('main input[role=searchbox]');
  field.value = 'v123';
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  const list = document.querySelector('main [role=grid]');
  const before = list.ariaRowCount;
  return { isShown: () => list.ariaRowCount !== before };
}

/** Down a list as fast as a wheel turns. */
export async function longestFrame() {
  const list = document.querySelector('main [role=grid]');
  let longest = 0;
  let last = await new Promise((resolve) => requestAnimationFrame(resolve));
  for (let turns = 0; turns < 180; turns += 1) {
    list.scrollTop += 240;
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    longest = Math.max(longest, now - last);
    last = now;
  }
  return longest;
}
