import { timesBest } from '../goals.mjs';
import { durableFileRate } from '../load/machine-limits.mjs';
import { smallPushRate } from '../load/small-pushes.mjs';
import { settleDisk } from '../load/tool.mjs';
import { rotate } from '../servers/targets.mjs';

export const rows = [
  {
    id: 'small-pushes',
    title: 'Small image pushes, 8 at a time',
    unit: 'images/s',
    goals: [timesBest(2)],
  },
];

/** @param {import('../bench.mjs').Bench} bench */
export async function run(bench) {
  if (!bench.wants('small-pushes')) return;
  const servers = [];
  try {
    for (const target of bench.registries) {
      const server = await target.start(bench.freshFolder(target.id));
      servers.push({ id: target.id, server });
      await smallPushRate(server.url, { seconds: 1, label: 'warm' });
    }
    for (let round = 0; round < bench.rounds; round += 1) {
      for (const { id, server } of rotate(servers, round)) {
        await settleDisk();
        const seconds = bench.sizes.smallPushSeconds;
        bench.record(
          'small-pushes',
          id,
          await smallPushRate(server.url, { seconds, label: `round-${round}` }),
        );
      }
      await settleDisk();
      bench.record('small-pushes', 'files', await durableFileRate(bench.folder, bench.sizes.limitSeconds));
    }
  } finally {
    for (const { server } of servers) await server.stop();
  }
}
