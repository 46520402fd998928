const PATIENCE_MS = 20_000;
/** So long has nothing been asked of the server when a page has settled. */
const QUIET_MS = 250;

/** @returns a function that resolves when all has been answered but the stream of events, which never ends */
export function watchRequests(page) {
  const open = new Set();
  let last = Date.now();
  const note = (change) => (request) => {
    if (request.url().includes('/api/events')) return;
    open[change](request);
    last = Date.now();
  };
  page.on('request', note('add'));
  page.on('requestfinished', note('delete'));
  page.on('requestfailed', note('delete'));
  return async () => {
    const until = Date.now() + PATIENCE_MS;
    while ((open.size > 0 || Date.now() - last < QUIET_MS) && Date.now() < until) {
      await page.waitForTimeout(50);
    }
  };
}
