import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];

let context;

/** One Chromium for all windows. Announces itself as Electron does, for whoever drives the app. */
export function browser() {
  context ??= launch();
  return context;
}

export async function closeBrowser() {
  await (await context)?.close();
}

async function launch() {
  const userData = process.argv.find((word) => word.startsWith('--user-data-dir='))?.slice(16);
  const folder = join(userData ?? mkdtempSync(join(tmpdir(), 'electron-double-')), 'window');
  mkdirSync(folder, { recursive: true });
  const executablePath = process.env.BERTH_CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`electron double: there is no ${executablePath}`);
  const launched = await chromium.launchPersistentContext(folder, {
    executablePath,
    args: ARGS,
    viewport: null,
  });
  const [port, path] = readFileSync(join(folder, 'DevToolsActivePort'), 'utf8').split('\n');
  process.stderr.write(`DevTools listening on ws://127.0.0.1:${port}${path}\n`);
  return launched;
}
