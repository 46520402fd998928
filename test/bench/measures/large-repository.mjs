import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { under } from '../goals.mjs';
import { Connection } from '../load/connection.mjs';
import { imageManifest, pushBlob, pushManifest, smallBlob } from '../load/image.mjs';
import { pushManyImages } from '../load/many-images.mjs';
import { berth } from '../servers/berth.mjs';

// All tags of one repository of very many images, each with a config and a layer of its own, are protected and
// set free; then it is deleted, that is undone, the undoing is undone, and all of it is reclaimed, while one client pulls a manifest of another repository
// again and again. The peer knows nothing of the kind.

const large = 'large/app';
const kept = 'kept/app';
const pauseMs = 1;
const goals = [under(50, 'ms')];
const filled = (title) => (sizes) => `${title}, ${sizes.tags.toLocaleString('en')} tags`;
const row = (id, title) => ({ id, title: filled(title), unit: 'ms', lessIsBetter: true });
const pullRow = (id, title) => ({
  id,
  title: `Slowest pull ${title}`,
  unit: 'ms',
  lessIsBetter: true,
  goals,
});

export const rows = [
  row('protect-large-repository', 'Protect every tag of a repository'),
  pullRow('protect-large-pull', 'meanwhile'),
  row('delete-large-repository', 'Delete a repository'),
  pullRow('delete-large-pull', 'meanwhile'),
  row('undo-large-repository', 'Undo that'),
  pullRow('undo-large-pull', 'meanwhile'),
  row('redo-large-repository', 'Undo the undoing'),
  pullRow('redo-large-pull', 'meanwhile'),
  row('reclaim-large-repository', 'Reclaim it'),
  pullRow('reclaim-large-pull', 'meanwhile'),
];

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  if (!rows.some(({ id }) => bench.wants(id)) || !bench.registries.includes(berth)) return;
  for (let round = 0; round < bench.rounds; round += 1) {
    const folder = bench.freshFolder('large-repository');
    const server = await berth.start(folder);
    try {
      await fill(server.url, bench.sizes);
      await protect(bench, server.url);
      await measure(bench, server.url);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
    }
  }
}

async function fill(url, { tags, fillSeconds }) {
  await pushManyImages(url, large, { count: tags, limitSeconds: fillSeconds });
  const connection = await Connection.open(url);
  const [config, layer] = [smallBlob('kept config'), smallBlob('kept layer')];
  await pushBlob(connection, kept, config);
  await pushBlob(connection, kept, layer);
  await pushManifest(connection, kept, 'v1', imageManifest({ config, layer, label: 'kept' }));
  connection.close();
}

async function protect(bench, url) {
  const tags = await tagsOf(url);
  const set = (isProtected) =>
    request(`${url}/api/tags?repository=${encodeURIComponent(large)}`, 'PATCH', {
      tags,
      protected: isProtected,
    });
  await step(bench, url, 'protect', () => set(true));
  await set(false);
}

async function tagsOf(url) {
  const all = [];
  for (let last = ''; ; last = all.at(-1)) {
    const { tags } = JSON.parse(await request(`${url}/v2/${large}/tags/list?n=10000&last=${last}`, 'GET'));
    if (tags.length === 0) return all;
    all.push(...tags);
  }
}

async function measure(bench, url) {
  const name = encodeURIComponent(large);
  const undo = async (change) => JSON.parse(await request(`${url}/api/undo`, 'POST', { change }));
  let undone;
  await step(bench, url, 'delete', () => request(`${url}/api/repositories?name=${name}`, 'DELETE'));
  await step(bench, url, 'undo', async () => ({ change: undone } = await undo()));
  await step(bench, url, 'redo', () => undo(undone));
  await step(bench, url, 'reclaim', () => request(`${url}/_gc?empty-trash=true`, 'POST'));
}

async function step(bench, url, name, work) {
  // What came before leaves work for the checkpoint, which is not what is measured here.
  await delay(5000);
  const stop = new AbortController();
  const slowest = pullUntil(url, stop.signal);
  const started = performance.now();
  await work();
  bench.record(`${name}-large-repository`, 'berth', performance.now() - started);
  // Something may be done after the answer.
  await delay(500);
  stop.abort();
  bench.record(`${name}-large-pull`, 'berth', await slowest);
}

/** @returns {Promise<number>} the slowest pull in milliseconds */
async function pullUntil(url, signal) {
  const connection = await Connection.open(url);
  let slowest = 0;
  while (!signal.aborted) {
    const started = performance.now();
    await connection.expect(200, 'GET', `/v2/${kept}/manifests/v1`);
    slowest = Math.max(slowest, performance.now() - started);
    await delay(pauseMs);
  }
  connection.close();
  return slowest;
}

async function request(url, method, body) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url, { method, ...sent, signal: AbortSignal.timeout(600_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} was answered with ${response.status}: ${text}`);
  return text;
}
