import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { patch } from './http.ts';
import { imageOf, randomLayer, writeLayout, type Image } from './image.ts';
import { Repository } from './repository.ts';
import { attempt, type Output } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

const MIB = 1024 * 1024;
const BUDGET = 24 * MIB;

describeWith(['skopeo'], 'a budget', () => {
  const workspace = createWorkspace('budget');
  let berth: Berth;
  let env: Record<string, string>;
  let most = 0;
  let sampler: NodeJS.Timeout;

  beforeAll(async () => {
    berth = await startBerth();
    env = containersEnv(workspace, [berth.host]);
    expect((await patch(berth, '/api/settings', { body: JSON.stringify({ budget: BUDGET }) })).status).toBe(
      200,
    );
    sampler = setInterval(() => {
      most = Math.max(most, diskUsage(join(berth.data, 'blobs')) + diskUsage(join(berth.data, 'uploads')));
    }, 2);
  });
  afterAll(async () => {
    clearInterval(sampler);
    await berth.dispose();
    workspace.remove();
  });

  async function push(name: string, image: Image): Promise<Output> {
    const layout = writeLayout(workspace.folder(name.replaceAll(/[/:]/g, '-')), { one: image });
    const flags = ['--preserve-digests', '--dest-tls-verify=false'];
    const target = `docker://${berth.host}/${name}`;
    return await attempt('skopeo', ['--insecure-policy', 'copy', ...flags, `oci:${layout}:one`, target], {
      env,
    });
  }

  it('is kept at every moment while skopeo pushes image after image', async () => {
    const shared = randomLayer(MIB);
    const images = Array.from({ length: 10 }, () =>
      imageOf({ layers: [shared, randomLayer(4 * MIB), randomLayer(2 * MIB)] }),
    );
    for (const [index, image] of images.entries()) {
      const output = await push(`app:v${index}`, image);
      expect(output, output.stderr).toMatchObject({ code: 0 });
      await new Repository(berth, 'app').expectWhole(`v${index}`, image);
    }
    expect(most).toBeGreaterThan(BUDGET / 2);
    expect(most).toBeLessThanOrEqual(BUDGET);
  });

  it('is kept while skopeo pushes to several repositories at once', async () => {
    const images = Array.from({ length: 6 }, () => imageOf({ layers: [randomLayer(5 * MIB)] }));
    const outputs = await Promise.all(images.map((image, index) => push(`side/by-${index}:v1`, image)));
    for (const { code, stderr } of outputs) if (code !== 0) expect(stderr).toMatch(/the setting .*budget/);
    expect(outputs.filter(({ code }) => code === 0).length).toBeGreaterThanOrEqual(2);
    expect(most).toBeLessThanOrEqual(BUDGET);
  });

  it('is what the user reads when an image cannot fit', async () => {
    const output = await push('large:v1', imageOf({ layers: [randomLayer(30 * MIB)] }));
    expect(output.code).not.toBe(0);
    expect(output.stderr).toMatch(/Berth may use .*the setting .*budget/);
    expect(berth.uploadFiles()).toEqual([]);
    expect(most).toBeLessThanOrEqual(BUDGET);
  });
});

/** As `du` counts it, folders included. */
function diskUsage(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  const own = stats.blocks * 512;
  if (!stats.isDirectory()) return own;
  return readdirSync(path).reduce((sum, name) => sum + diskUsage(join(path, name)), own);
}
