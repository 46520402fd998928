import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { under } from '../goals.mjs';
import { Connection } from '../load/connection.mjs';
import { imageManifest, pushBlob, pushManifest, smallBlob } from '../load/image.mjs';
import { pushManyManifests } from '../load/many-manifests.mjs';
import { berth } from '../servers/berth.mjs';

// Every repository but one is deleted, the trash is emptied and the files go, while one client pulls a
// manifest again and again from the one that stays. The peer has nothing to compare: it has to be stopped.

const kept = 'kept/app';
const pauseMs = 2;
const filled = (title) => (sizes) => `${title}, ${sizes.manifests.toLocaleString('en')} manifests`;

export const rows = [
  {
    id: 'usage',
    title: filled('What each deletion would free'),
    unit: 'ms',
    lessIsBetter: true,
  },
  { id: 'reclaim', title: filled('Reclaim'), unit: 's', lessIsBetter: true },
  {
    id: 'reclaim-pull',
    title: 'Slowest pull meanwhile',
    unit: 'ms',
    lessIsBetter: true,
    goals: [under(50, 'ms')],
  },
];

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  if (!rows.some((row) => bench.wants(row.id)) || !bench.registries.includes(berth)) return;
  for (let round = 0; round < bench.rounds; round += 1) {
    const folder = bench.freshFolder('reclaim');
    const server = await berth.start(folder);
    try {
      await fill(server.url, bench.sizes);
      await measure(bench, server.url);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
    }
  }
}

async function fill(url, { manifests, fillSeconds }) {
  await pushManyManifests(url, { count: manifests, limitSeconds: fillSeconds });
  const connection = await Connection.open(url);
  const [config, layer] = [smallBlob('kept config'), smallBlob('kept layer')];
  await pushBlob(connection, kept, config);
  await pushBlob(connection, kept, layer);
  await pushManifest(connection, kept, 'v1', imageManifest({ config, layer, label: 'kept' }));
  connection.close();
}

async function measure(bench, url) {
  await timed(`${url}/api/usage`);
  bench.record('usage', 'berth', await timed(`${url}/api/usage`));

  const { repositories } = await (await fetch(`${url}/v2/_catalog?n=10000`)).json();
  for (const name of repositories) {
    if (name !== kept) await timed(`${url}/api/repositories?name=${encodeURIComponent(name)}`, 'DELETE');
  }
  // What the deletions left for the checkpoint is not what is measured here.
  await delay(5000);
  const stop = new AbortController();
  const slowest = pullUntil(url, stop.signal);
  const ms = await timed(`${url}/_gc?empty-trash=true`, 'POST');
  stop.abort();
  bench.record('reclaim', 'berth', ms / 1000);
  bench.record('reclaim-pull', 'berth', await slowest);
}

/** @returns {Promise<number>} the slowest pull in milliseconds */
async function pullUntil(url, signal) {
  let slowest = 0;
  while (!signal.aborted) {
    slowest = Math.max(slowest, await timed(`${url}/v2/${kept}/manifests/v1`));
    await delay(pauseMs);
  }
  return slowest;
}

async function timed(url, method = 'GET') {
  const started = performance.now();
  const response = await fetch(url, { method, signal: AbortSignal.timeout(600_000) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${method} ${url} was answered with ${response.status}`);
  return performance.now() - started;
}
