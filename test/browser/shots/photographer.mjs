import { watchFaults } from '../rig/faults.mjs';
import { watchRequests } from '../rig/requests.mjs';

const PATIENCE_MS = 20_000;

/** Takes pictures of the window, and keeps what went wrong meanwhile. */
export class Photographer {
  faults = [];
  #browser;
  #url;

  constructor(browser, url) {
    this.#browser = browser;
    this.#url = url;
  }

  /**
   * @param address what the window takes for the registry's
   * @returns [{ theme, picture }], all of one and the same page
   */
  async take({ on, name, route, act, faults: expected = [] }, { width, height, themes, address }) {
    const context = await this.#browser.newContext({
      viewport: { width, height },
      baseURL: this.#url,
      reducedMotion: 'reduce',
      colorScheme: themes[0],
    });
    if (address !== undefined) await pretend(context, address);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const faults = watchFaults(page);
    const quiet = watchRequests(page);
    const pictures = [];
    try {
      await page.goto(`${this.#url}/${route}`);
      await quiet();
      await act?.(page, { width });
      await quiet();
      for (const theme of themes) {
        await page.emulateMedia({ colorScheme: theme });
        pictures.push({ theme, picture: await page.screenshot() });
      }
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (overflow > 0) faults.push(`the page is ${overflow} px wider than the window`);
    } catch (error) {
      faults.push(error.message.split('\n')[0]);
    }
    await context.close();
    for (const fault of faults) {
      if (!expected.some((each) => each.test(fault))) this.faults.push(`${on}-${name}-${width}: ${fault}`);
    }
    return pictures;
  }
}

async function pretend(context, address) {
  await context.route('**/api/about', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), address } });
  });
}
