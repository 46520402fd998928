import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { timesBest, timesDefault } from '../goals.mjs';
import { Connection } from '../load/connection.mjs';
import { digestOf, imageManifest, manifestType, pushBlob, pushManifest, smallBlob } from '../load/image.mjs';
import { getRate, headRate } from '../load/requests.mjs';
import { startBareNode } from '../servers/bare-node.mjs';
import { startNginx } from '../servers/nginx.mjs';
import { rotate } from '../servers/targets.mjs';

// Small answers to 32 connections at once: an image of two blobs, a repository of ten tags.

const repository = 'team/service';
const tags = Array.from({ length: 10 }, (_, number) => `v1.${number}`);
const config = smallBlob('config');
const layer = smallBlob('layer');
const manifest = imageManifest({ config, layer });

const reading = [timesBest(5), timesDefault(8)];
const unit = 'requests/s';

export const rows = [
  { id: 'manifest-tag', title: 'Manifest GET by tag', unit, goals: reading },
  { id: 'manifest-digest', title: 'Manifest GET by digest', unit, goals: reading },
  { id: 'manifest-head', title: 'Manifest HEAD by tag', unit, goals: reading },
  { id: 'tags-list', title: 'Tag list GET (10 tags)', unit },
  { id: 'small-blob', title: 'Blob GET, 4 KiB', unit },
];

/** Where each row asks, and which static file is its equal. */
const requests = {
  'manifest-tag': { path: `manifests/${tags[0]}`, file: 'manifest', accept: manifestType, rate: getRate },
  'manifest-digest': {
    path: `manifests/${digestOf(manifest)}`,
    file: 'manifest',
    accept: manifestType,
    rate: getRate,
  },
  'manifest-head': { path: `manifests/${tags[0]}`, file: 'manifest', accept: manifestType, rate: headRate },
  'tags-list': { path: 'tags/list', file: 'tags', rate: getRate },
  'small-blob': { path: `blobs/${digestOf(layer)}`, file: 'blob', rate: getRate },
};

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  const wanted = rows.map((row) => row.id).filter((id) => bench.wants(id) && bench.has(toolOf(id)));
  if (wanted.length === 0) return;

  const servers = [];
  try {
    for (const target of bench.registries) {
      const server = await target.start(bench.freshFolder(target.id));
      servers.push({ id: target.id, server, seconds: bench.sizes.requestSeconds, at: registryPath });
      await seed(server.url);
    }
    for (const [id, server] of await startLimits(bench)) {
      servers.push({ id, server, seconds: bench.sizes.limitSeconds, at: (row) => `/${requests[row].file}` });
    }
    for (const row of wanted) {
      // The first second of a server is not what it can do: its code is cold.
      for (const { server, at } of servers) await measure(row, server, at, 1);
    }
    for (let round = 0; round < bench.rounds; round += 1) {
      for (const row of wanted) {
        for (const { id, server, at, seconds } of rotate(servers, round)) {
          bench.record(row, id, await measure(row, server, at, seconds));
        }
      }
    }
  } finally {
    for (const { server } of servers) await server.stop();
  }
}

const toolOf = (row) => (requests[row].rate === headRate ? 'ab' : 'wrk');
const registryPath = (row) => `/v2/${repository}/${requests[row].path}`;

async function measure(row, server, at, seconds) {
  const { accept, rate } = requests[row];
  return await rate(server.url + at(row), { seconds, accept });
}

async function seed(url) {
  const connection = await Connection.open(url);
  await pushBlob(connection, repository, config);
  await pushBlob(connection, repository, layer);
  for (const tag of tags) await pushManifest(connection, repository, tag, manifest);
  connection.close();
}

async function startLimits(bench) {
  const root = bench.freshFolder('static');
  await mkdir(root);
  await writeFile(join(root, 'manifest'), manifest);
  await writeFile(join(root, 'blob'), layer);
  await writeFile(join(root, 'tags'), JSON.stringify({ name: repository, tags }));
  const limits = [['node', await startBareNode(bench.freshFolder('node'), root)]];
  if (bench.has('nginx')) limits.push(['nginx', await startNginx(bench.freshFolder('nginx'), root)]);
  return limits;
}
