// npm run screenshots -- [--readme] [--only <words of a picture's name>]...
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from './rig/chromium.mjs';
import { Server } from './rig/server.mjs';
import { fillHarbour } from './sample/harbour.mjs';
import { fillOdd } from './sample/odd.mjs';
import { CASES } from './shots/cases.mjs';
import { makeTraffic } from './shots/live.mjs';
import { Photographer } from './shots/photographer.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const PICTURES = join(ROOT, 'screenshots');
const README = join(ROOT, 'docs/images');
const WIDTHS = [1440, 1000, 600];
const LARGEST = 150_000;

const { values } = parseArgs({
  options: { readme: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
});

const FILLS = {
  empty: async () => undefined,
  full: async (server) => await fillHarbour(server.url, async (days) => await server.setDaysAgo(days)),
  odd: async (server) => await fillOdd(server.url),
};

const browser = await launch();
const faults = [];
let taken = 0;
if (values.only === undefined && !values.readme) await rm(PICTURES, { recursive: true, force: true });
await mkdir(values.readme ? README : PICTURES, { recursive: true });
for (const [on, fill] of Object.entries(FILLS)) {
  const cases = CASES.filter((each) => each.on === on && isWanted(each));
  if (cases.length === 0) continue;
  const server = await Server.create();
  try {
    await server.start({ past: true });
    await fill(server);
    // Again, so that it is today for the server as it is for the window.
    await server.stop();
    await server.start();
    const letGo = on === 'full' ? await makeTraffic(server.url) : () => undefined;
    const photographer = new Photographer(browser, server.url);
    for (const each of cases) await take(photographer, each);
    faults.push(...photographer.faults);
    letGo();
  } finally {
    await server.remove();
  }
}
await browser.close();
for (const fault of faults) console.error(fault);
console.log(
  `${taken} pictures in ${values.readme ? 'docs/images/' : 'screenshots/'}, ${faults.length} faults`,
);
if (faults.length > 0) process.exitCode = 1;

function isWanted({ on, name, readme }) {
  if (values.readme && readme === undefined) return false;
  return values.only === undefined || values.only.some((word) => `${on}-${name}`.includes(word));
}

async function take(photographer, each) {
  if (values.readme) {
    for (const [theme, file] of Object.entries(each.readme)) {
      const [shot] = await photographer.take(each, {
        width: 1280,
        height: 800,
        themes: [theme],
        // Not the one that was free, but the one that people have.
        address: 'localhost:5080',
      });
      // Why there is none is among the photographer's faults.
      if (shot === undefined) continue;
      const { picture } = shot;
      if (picture.length > LARGEST) faults.push(`${file} has ${picture.length} bytes, more than ${LARGEST}`);
      await save(README, file, picture);
    }
    return;
  }
  for (const width of WIDTHS) {
    const pictures = await photographer.take(each, { width, height: 900, themes: ['light', 'dark'] });
    for (const { theme, picture } of pictures) {
      await save(PICTURES, `${each.on}-${each.name}-${width}-${theme}.png`, picture);
    }
  }
}

async function save(folder, file, picture) {
  await writeFile(join(folder, file), picture);
  taken += 1;
}
