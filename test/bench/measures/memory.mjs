import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { under } from '../goals.mjs';
import { pull, pushByPatch } from '../load/big-blob.mjs';
import { settleDisk } from '../load/tool.mjs';
import { gibibytes } from '../report/table.mjs';

// Resident memory as the kernel counts it, in MB of 10^6 bytes: after a while of nothing, then every
// 100 ms while one large blob comes in and goes out again. Growth is the largest of the second half of the
// blob less the largest of the first: a server that held on to what passes through would show hundreds.

const repository = 'team/huge';
const sampleMs = 100;
const unit = 'MB';
const sized = (title, way) => (sizes) => `${title}, ${gibibytes(sizes.streamMebibytes)} blob ${way}`;
const flat = under(20, 'MB more');

export const rows = [
  { id: 'idle', title: 'Resident when idle', unit, lessIsBetter: true, goals: [under(100, 'MB')] },
  { id: 'stream-in', title: sized('Largest resident', 'in'), unit, lessIsBetter: true },
  { id: 'stream-out', title: sized('Largest resident', 'out'), unit, lessIsBetter: true },
  {
    id: 'growth-in',
    title: sized('Growth in the second half', 'in'),
    unit,
    lessIsBetter: true,
    noRatio: true,
    goals: [flat],
  },
  {
    id: 'growth-out',
    title: sized('Growth in the second half', 'out'),
    unit,
    lessIsBetter: true,
    noRatio: true,
    goals: [flat],
  },
];

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  if (!rows.some((row) => bench.wants(row.id)) || !bench.has('curl')) return;
  const zeros = await sparseFile(bench.freshFolder('zeros'), bench.sizes.streamMebibytes * 2 ** 20);
  for (const target of bench.registries) {
    const folder = bench.freshFolder(target.id);
    const server = await target.start(folder);
    try {
      await delay(bench.sizes.idleSeconds * 1000);
      bench.record('idle', target.id, server.residentBytes() / 1e6);
      const push = () => pushByPatch(server.url, repository, zeros.digest, zeros.path);
      record(bench, 'in', target, await sampleDuring(server, push));
      const fetch = () => pull(`${server.url}/v2/${repository}/blobs/${zeros.digest}`);
      record(bench, 'out', target, await sampleDuring(server, fetch));
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
      await settleDisk();
    }
  }
}

function record(bench, direction, target, samples) {
  const middle = Math.ceil(samples.length / 2);
  const [first, second] = [samples.slice(0, middle), samples.slice(middle)];
  bench.record(`stream-${direction}`, target.id, Math.max(...samples) / 1e6);
  bench.record(`growth-${direction}`, target.id, (Math.max(...second) - Math.max(...first)) / 1e6);
}

/** @returns {Promise<number[]>} bytes, two samples at least */
async function sampleDuring(server, work) {
  const samples = [server.residentBytes()];
  const timer = setInterval(() => samples.push(server.residentBytes()), sampleMs);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return [...samples, server.residentBytes()];
}

/** A file of nothing that takes no room on the disk: memory does not depend on what the bytes are. */
async function sparseFile(path, bytes) {
  const file = await open(path, 'w');
  await file.truncate(bytes);
  await file.close();
  const hash = createHash('sha256');
  const block = Buffer.alloc(1 << 20);
  for (let at = 0; at < bytes; at += block.length) hash.update(block);
  return { path, digest: `sha256:${hash.digest('hex')}` };
}
