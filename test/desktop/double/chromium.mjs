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
  const folder = profileFolder();
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

/** As Electron's, an engine without a folder starts all the same. */
function profileFolder() {
  const userData = process.argv.find((word) => word.startsWith('--user-data-dir='))?.slice(16);
  try {
    const folder = join(userData, 'window');
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    return mkdtempSync(join(tmpdir(), 'electron-double-'));
  }
}
