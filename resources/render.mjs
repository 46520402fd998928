// npm run icons: every image that the platforms want, from the drawings beside this file. What it makes is
// committed, so that neither a build nor a package needs a browser.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const here = import.meta.dirname;
const read = (name) => readFile(join(here, name), 'utf8');

/** The drawing of each size, in pixels: where there are few of them, a simpler one is clearer. */
const DRAWINGS = { 16: 'icon-small.svg', 24: 'icon-24.svg', 32: 'icon-small.svg', 48: 'icon-small.svg' };
const SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
/** What Windows asks of a tray image, from 100 to 300 percent. Of a PNG it would enlarge the 16 pixels. */
const TRAY_SIZES = [16, 20, 24, 32, 40, 48];
/** Windows says whether its taskbar is dark. */
const TASKBAR_INKS = { light: '#24343a', dark: '#f2f7f7' };
/** Legible on a light and on a dark panel: nobody says which one it is. */
const PANEL_INK = '#2b9099';

const browser = await chromium.launch({
  executablePath: process.env.BERTH_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage();

const icons = new Map();
for (const size of SIZES) icons.set(size, await render(await read(DRAWINGS[size] ?? 'icon.svg'), size));

await mkdir(join(here, 'icons'), { recursive: true });
for (const [size, png] of icons) await writeFile(join(here, `icons/${size}x${size}.png`), png);
await writeFile(join(here, 'icon.png'), icons.get(1024));
await writeFile(join(here, 'icon.ico'), ico([16, 24, 32, 48, 64, 128, 256], icons));
await writeFile(join(here, 'icon.icns'), icns());

for (const name of (await readdir(join(here, 'tray'))).filter((file) => file.endsWith('.svg'))) {
  const drawing = await read(join('tray', name));
  const state = join(here, 'tray', name.replace('.svg', ''));
  const draw = (ink, size) => render(drawing.replace('currentColor', ink), size);
  // macOS tints it.
  await writeFile(`${state}Template.png`, await draw('#000000', 16));
  await writeFile(`${state}Template@2x.png`, await draw('#000000', 32));
  // Panels make it smaller, and would blur it if they had to make it larger.
  await writeFile(`${state}-panel.png`, await draw(PANEL_INK, 32));
  for (const [taskbar, ink] of Object.entries(TASKBAR_INKS)) {
    const drawn = new Map();
    for (const size of TRAY_SIZES) drawn.set(size, await draw(ink, size));
    await writeFile(`${state}-${taskbar}.ico`, ico(TRAY_SIZES, drawn));
  }
}
await browser.close();

async function render(svg, size) {
  await page.setViewportSize({ width: size, height: size });
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  await page.setContent(
    `<body style="margin:0"><img width="${size}" height="${size}" src="${source}"></body>`,
  );
  await page.locator('img').evaluate((image) => image.decode());
  return await page.screenshot({ omitBackground: true });
}

/** A directory of PNGs, as Windows has read them since Vista. */
function ico(sizes, images) {
  const head = Buffer.alloc(6 + 16 * sizes.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(sizes.length, 4);
  let offset = head.length;
  for (const [index, size] of sizes.entries()) {
    const at = 6 + 16 * index;
    const { length } = images.get(size);
    // 256 does not fit into a byte, and is written as 0.
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += length;
  }
  return Buffer.concat([head, ...sizes.map((size) => images.get(size))]);
}

/** Types of Apple's icon family that hold PNGs, and their sizes in pixels. */
function icns() {
  const types = {
    ic04: 16,
    ic05: 32,
    ic07: 128,
    ic08: 256,
    ic09: 512,
    ic10: 1024,
    ic11: 32,
    ic12: 64,
    ic13: 256,
    ic14: 512,
  };
  const parts = Object.entries(types)
    // ic04 and ic05 hold PNGs only since macOS 11, which is older than what Electron runs on.
    .map(([type, size]) => [type, icons.get(size)])
    .map(([type, png]) => Buffer.concat([Buffer.from(type), uint32(png.length + 8), png]));
  const length = parts.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([Buffer.from('icns'), uint32(length), ...parts]);
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
