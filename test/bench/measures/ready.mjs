import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { under } from '../goals.mjs';
import { pushManyManifests } from '../load/many-manifests.mjs';
import { berth } from '../servers/berth.mjs';
import { rotate } from '../servers/targets.mjs';

// From spawn to the first 200 of GET /v2/. The page cache is warm, as it is at every start but a
// machine's first.

const unit = 'ms';
const filled = (title) => (sizes) => `${title}, ${sizes.manifests.toLocaleString('en')} manifests`;

export const rows = [
  { id: 'ready-empty', title: 'Ready, empty folder', unit, lessIsBetter: true, goals: [under(400, 'ms')] },
  {
    id: 'ready-filled',
    title: filled('Ready'),
    unit,
    lessIsBetter: true,
    goals: [under(2000, 'ms')],
  },
  {
    id: 'ready-killed',
    title: filled('Ready after kill -9'),
    unit,
    lessIsBetter: true,
    goals: [under(2000, 'ms')],
  },
  { id: 'idle-filled', title: filled('Resident when idle'), unit: 'MB', lessIsBetter: true },
];

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  if (bench.wants('ready-empty')) await startEmpty(bench);
  const wantsFilled = ['ready-filled', 'ready-killed', 'idle-filled'].some((row) => bench.wants(row));
  if (wantsFilled && bench.registries.includes(berth)) await startFilled(bench);
}

async function startEmpty(bench) {
  const starts = bench.rounds * bench.sizes.startsARound;
  for (let round = -1; round < starts; round += 1) {
    for (const target of rotate(bench.registries, round + 1)) {
      const folder = bench.freshFolder(target.id);
      const server = await target.start(folder);
      await server.stop();
      await rm(folder, { recursive: true });
      // The first start of each reads its program from the disk.
      if (round >= 0) bench.record('ready-empty', target.id, server.readyMs);
    }
  }
}

async function startFilled(bench) {
  const folder = bench.freshFolder('filled');
  let server = await berth.start(folder);
  try {
    const { manifests: count, fillSeconds } = bench.sizes;
    const started = performance.now();
    const pushed = await pushManyManifests(server.url, { count, limitSeconds: fillSeconds });
    const seconds = (performance.now() - started) / 1000;
    bench.say(
      `  pushed ${pushed} manifests in ${seconds.toFixed(1)} s (${(pushed / seconds).toFixed(0)} a second)`,
    );
    if (pushed < count) {
      bench.omit(`Berth with ${count} manifests: only ${pushed} were pushed in ${fillSeconds} s`);
      return;
    }
    for (const [row, signal] of [
      ['ready-killed', 'SIGKILL'],
      ['ready-filled', 'SIGTERM'],
    ]) {
      if (!bench.wants(row)) continue;
      for (let round = 0; round < bench.rounds; round += 1) {
        await server.stop(signal);
        server = await berth.start(folder);
        bench.record(row, 'berth', server.readyMs);
      }
    }
    if (bench.wants('idle-filled')) {
      await server.stop();
      server = await berth.start(folder);
      await delay(bench.sizes.idleSeconds * 1000);
      bench.record('idle-filled', 'berth', server.residentBytes() / 1e6);
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}
