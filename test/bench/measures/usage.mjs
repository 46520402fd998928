import { rm } from 'node:fs/promises';
import { under } from '../goals.mjs';
import { pushManyImages } from '../load/many-images.mjs';
import { berth } from '../servers/berth.mjs';

// What deleting each of many tags alone would free, as a list shows it: the whole answer, when it has been
// asked for a few times. The peer knows nothing of the kind.

const warmUps = 20;
const samples = 21;

export const rows = [
  {
    id: 'usage-list',
    title: (sizes) => `What each deletion would free, ${sizes.images.toLocaleString('en')} images`,
    unit: 'ms',
    lessIsBetter: true,
    goals: [under(100, 'ms')],
  },
];

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  if (!rows.some(({ id }) => bench.wants(id)) || !bench.registries.includes(berth)) return;
  const { images, fillSeconds } = bench.sizes;
  for (let round = 0; round < bench.rounds; round += 1) {
    const folder = bench.freshFolder('usage');
    const server = await berth.start(folder);
    try {
      await pushManyImages(server.url, 'listed/app', { count: images, limitSeconds: fillSeconds });
      const times = [];
      for (let asked = 0; asked < warmUps + samples; asked += 1) times.push(await ask(server.url));
      const sorted = times.slice(warmUps).sort((one, other) => one - other);
      bench.record('usage-list', 'berth', sorted[Math.floor(samples / 2)]);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
    }
  }
}

/** @returns {Promise<number>} milliseconds */
async function ask(url) {
  const started = performance.now();
  const response = await fetch(`${url}/api/usage`);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`GET /api/usage was answered with ${response.status}`);
  return performance.now() - started;
}
