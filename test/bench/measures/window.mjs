import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { CHROMIUM, launch } from '../../browser/rig/chromium.mjs';
import { under } from '../goals.mjs';
import * as page from '../load/in-page.mjs';
import { pushManyImages } from '../load/many-images.mjs';
import { pushManyManifests } from '../load/many-manifests.mjs';
import { berth } from '../servers/berth.mjs';

// What a person waits for in the window, from the deed to the frame that shows what it leads to, in a Chromium
// that has not seen it before. The registry is empty, or holds very many repositories and one of very many tags.

const many = 'many/tags';
const tagsOfOthers = 20;
const unit = 'ms';
const limited = (limit) => ({ unit, lessIsBetter: true, goals: [under(limit, unit)] });
const ofTags = (title) => (sizes) => `${title}, ${sizes.images.toLocaleString('en')} tags`;

export const rows = [
  { id: 'window-bytes', title: 'First page of the window, as sent', unit: 'kB', lessIsBetter: true },
  { id: 'window-paint', title: 'First paint, empty registry', ...limited(500) },
  {
    id: 'window-listed',
    title: ({ repositories }) => `All listed, ${repositories.toLocaleString('en')} repositories`,
    ...limited(1000),
  },
  { id: 'window-repository', title: ofTags('Open a repository'), ...limited(1000) },
  { id: 'window-image', title: ofTags('Next image'), ...limited(100) },
  { id: 'window-sort', title: ofTags('Sort'), ...limited(100) },
  { id: 'window-search', title: ofTags('Search'), ...limited(100) },
  { id: 'window-scroll', title: ofTags('Longest frame while scrolling'), ...limited(50) },
];

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  if (!rows.some(({ id }) => bench.wants(id)) || !bench.registries.includes(berth)) return;
  if (existsSync(CHROMIUM)) await withWindow(bench, measure);
  else bench.omit(`the window: there is no ${CHROMIUM}`);
}

async function withWindow(bench, use) {
  const folder = bench.freshFolder('window');
  const server = await berth.start(folder);
  const browser = await launch();
  /** Somebody opens the window for the first time. */
  const visit = async (route, look) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const opened = await context.newPage();
    await opened.goto(`${server.url}/${route}`);
    await look(opened);
    await context.close();
  };
  try {
    await use(bench, visit, server.url);
  } finally {
    await browser.close();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

async function measure(bench, visit, url) {
  const { images, repositories, fillSeconds: limitSeconds } = bench.sizes;
  // The first visit reads Chromium's own files from the disk.
  for (let round = -1; round < bench.rounds; round += 1) await visit('', lookAtEmpty(recorder(bench, round)));
  await pushManyManifests(url, { count: repositories * tagsOfOthers, repositories, limitSeconds });
  await pushManyImages(url, many, { count: images, limitSeconds });
  for (let round = -1; round < bench.rounds; round += 1) {
    const record = recorder(bench, round);
    await visit('', lookAtRepositories(record));
    await visit(`#/images/${encodeURIComponent(many)}`, lookAtTags(record));
  }
}

const recorder = (bench, round) => (row, figure) => {
  if (round >= 0 && bench.wants(row)) bench.record(row, 'berth', figure);
};

const lookAtEmpty = (record) => async (opened) => {
  await opened.getByRole('heading').first().waitFor();
  const { paint, bytes } = await opened.evaluate(page.firstPage);
  record('window-paint', paint);
  record('window-bytes', bytes / 1000);
};

const lookAtRepositories = (record) => async (opened) => {
  record('window-listed', await timed(opened, page.waitForRows));
  // The repository of very many tags stands before all others.
  record('window-repository', await timed(opened, page.openFirst));
};

const lookAtTags = (record) => async (opened) => {
  await timed(opened, page.waitForRows);
  // The first image brings the code that shows one.
  await timed(opened, page.goDown);
  record('window-image', await timed(opened, page.goDown));
  record('window-sort', await timed(opened, page.sortByTag));
  record('window-scroll', await opened.evaluate(page.longestFrame));
  record('window-search', await timed(opened, page.search));
};

const timed = (opened, deed) => opened.evaluate(`(${page.timeUntilShown})(${deed})`);
