import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { timesBest } from '../goals.mjs';
import { discard, pull, pushByPatch, pushByPut } from '../load/big-blob.mjs';
import { BigFile } from '../load/big-file.mjs';
import { diskRate, sha256Rate } from '../load/machine-limits.mjs';
import { settleDisk, touchMemory } from '../load/tool.mjs';
import { gibibytes } from '../report/table.mjs';
import { startBareNode } from '../servers/bare-node.mjs';
import { startNginx } from '../servers/nginx.mjs';
import { rotate } from '../servers/targets.mjs';

// One large blob, one client. A fresh server and folder for each round, and a disk with nothing left to
// write: what one server leaves in the page cache is not paid for by the next one's fsync.

const repository = 'team/large';
const pullsARound = 2;
const unit = 'MiB/s';
const sized = (title) => (sizes) => `${gibibytes(sizes.blobMebibytes)} ${title}`;

export const rows = [
  { id: 'push-put', title: sized('blob push, POST + PUT'), unit, goals: [timesBest(2)] },
  { id: 'push-patch', title: sized('blob push, POST + PATCH + PUT'), unit, goals: [timesBest(2)] },
  { id: 'pull', title: sized('blob pull'), unit, goals: [timesBest(0.9)] },
];

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  const wanted = rows.filter((row) => bench.wants(row.id));
  if (wanted.length === 0 || !bench.has('curl')) return;

  const root = bench.freshFolder('static');
  await mkdir(root);
  const file = await BigFile.create(join(root, 'big'), bench.sizes.blobMebibytes * 2 ** 20);
  const targets = [...bench.registries, { id: 'limits' }];
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const target of rotate(targets, round)) {
      await (target.id === 'limits' ? measureLimits(bench, root, file) : measure(bench, target, file));
    }
  }
  await rm(root, { recursive: true });
}

async function measure(bench, target, file) {
  const folder = bench.freshFolder(target.id);
  const server = await target.start(folder);
  try {
    await warmUp(bench, server);
    let digest;
    for (const [row, push] of [
      ['push-put', pushByPut],
      ['push-patch', pushByPatch],
    ]) {
      // A pull alone needs something to pull.
      if (!bench.wants(row) && !(row === 'push-patch' && digest === undefined)) continue;
      digest = await file.renew();
      await settleDisk();
      await touchMemory(bench.folder, Math.ceil(file.mebibytes * 1.25));
      const before = server.cpuSeconds();
      const seconds = await push(server.url, repository, digest, file.path);
      if (!bench.wants(row)) continue;
      bench.record(row, target.id, file.mebibytes / seconds);
      bench.say(`    processor ${(server.cpuSeconds() - before).toFixed(2)} s of ${seconds.toFixed(2)} s`);
    }
    if (!bench.wants('pull')) return;
    await settleDisk();
    for (let time = 0; time < pullsARound; time += 1) {
      const seconds = await pull(`${server.url}/v2/${repository}/blobs/${digest}`);
      bench.record('pull', target.id, file.mebibytes / seconds);
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

/** A sixteenth of the size, both ways: code and buffers are warm, the disk has seen little. */
async function warmUp(bench, server) {
  const path = bench.freshFolder('warm');
  const file = await BigFile.create(path, Math.max(1, bench.sizes.blobMebibytes >> 4) << 20);
  await pushByPut(server.url, repository, await file.renew(), path);
  const digest = await file.renew();
  await pushByPatch(server.url, repository, digest, path);
  await pull(`${server.url}/v2/${repository}/blobs/${digest}`);
  await rm(path);
}

async function measureLimits(bench, root, file) {
  for (const name of ['manifest', 'tags', 'blob']) await writeFile(join(root, name), name);
  const pushes = ['push-put', 'push-patch'].filter((row) => bench.wants(row));
  const limits = [];
  const node = await startBareNode(bench.freshFolder('node'), root);
  try {
    if (pushes.length > 0) {
      await settleDisk();
      await touchMemory(bench.folder, Math.ceil(file.mebibytes * 1.25));
      limits.push(['disk', await diskRate(bench.folder, file.mebibytes)]);
      limits.push(['sha256', sha256Rate(file.mebibytes)]);
      limits.push(['node', file.mebibytes / (await discard(`${node.url}/big`, file.path))]);
    }
    for (const row of pushes) for (const [id, rate] of limits) bench.record(row, id, rate);
    if (bench.wants('pull')) {
      bench.record('pull', 'node', file.mebibytes / (await pull(`${node.url}/big`)));
    }
  } finally {
    await node.stop();
  }
  if (!bench.wants('pull') || !bench.has('nginx')) return;
  const nginx = await startNginx(bench.freshFolder('nginx'), root);
  try {
    bench.record('pull', 'nginx', file.mebibytes / (await pull(`${nginx.url}/big`)));
  } finally {
    await nginx.stop();
  }
}
