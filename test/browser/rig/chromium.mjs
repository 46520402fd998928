import { chromium } from 'playwright-core';

export const CHROMIUM = process.env['BERTH_CHROMIUM'] || '/usr/bin/chromium';

export async function launch() {
  return await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}
