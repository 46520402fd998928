import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiskUse, TagList } from '../registry/api/contract.ts';
import { diskCells } from '../renderer/places/disk/cells.ts';
import { imageOf, randomBlob, randomLayer } from './clients/image.ts';
import { Served } from './served.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

const MB = 1_000_000;

/** Bytes of the disk, as its blocks are counted. */
async function onDisk(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true })) {
    const stats = await stat(join(folder, entry));
    if (stats.isFile()) bytes += stats.blocks * 512;
  }
  return bytes;
}

/** Reads the figures, and sees to it that they add up. */
async function measured(): Promise<DiskUse> {
  const use = await berth.get<DiskUse>('/api/disk');
  const { parts, reclaimable, trash, pending, repositories } = use;
  const shares = repositories.reduce((sum, { part }) => sum + part, 0);
  expect(parts.content).toBe(await onDisk(join(berth.folder, 'blobs')));
  expect(shares + reclaimable + trash + pending).toBeCloseTo(parts.content, 3);
  const cells = diskCells(use).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(cells).toBeCloseTo(use.used, 3);
  return use;
}

const about = (amount: number) => expect.closeTo(amount, -5) as unknown;

describe('the map of the disk', () => {
  it('counts every byte once: own and shared layers, the trash, uploads, and what no manifest names', async () => {
    const [base, old, young, other] = [1, 2, 3, 4].map((size) => randomLayer(size * MB));
    if (!base || !old || !young || !other) return;
    const [app, lib, gone] = ['app', 'lib', 'gone'].map((name) => berth.repository(name));
    if (!app || !lib || !gone) return;
    await app.push(imageOf({ layers: [base, old] }), 'v1');
    await app.push(imageOf({ layers: [base, young] }), 'v2');
    await lib.push(imageOf({ layers: [base, other] }), 'v1');
    expect(await measured()).toMatchObject({
      trash: 0,
      repositories: [
        { name: 'app', exclusive: about(5 * MB), shared: about(MB), part: about(5.5 * MB) },
        { name: 'lib', exclusive: about(4 * MB), shared: about(MB), part: about(4.5 * MB) },
      ],
    });

    await berth.call('DELETE', '/api/tags?repository=app&tag=v1');
    expect(await measured()).toMatchObject({
      trash: about(2 * MB),
      repositories: [{ exclusive: about(3 * MB) }, { exclusive: about(4 * MB) }],
    });

    // What the trash has in common with something that stays is that one's.
    await gone.push(imageOf({ layers: [other, randomLayer(5 * MB)] }), 'v1');
    await berth.call('DELETE', '/api/repositories?name=gone');
    const { repositories } = await measured();
    expect(repositories).toMatchObject([{ name: 'app' }, { name: 'lib', exclusive: about(4 * MB) }]);
    expect(await measured()).toMatchObject({ trash: about(7 * MB) });

    await berth.send('PATCH', await app.openUpload(), 'x'.repeat(MB));
    await app.pushBlob(randomBlob(MB));
    expect(await measured()).toMatchObject({ pending: about(MB) });

    await berth.call('POST', '/_gc', { emptyTrash: true });
    expect(await measured()).toMatchObject({ trash: 0, reclaimable: 0 });
  });

  it('is true right after a deletion, an undo and a reclaim, whatever was measured a moment before', async () => {
    const app = berth.repository('app');
    await app.push(imageOf({ layers: [randomLayer(MB)] }), 'v1');
    await app.push(imageOf({ layers: [randomLayer(2 * MB)] }), 'v2');
    const own = () => expect.objectContaining({ exclusive: about(2 * MB) }) as unknown;
    expect(await measured()).toMatchObject({ trash: 0 });
    const asked = measured();
    const { change } = await berth.call<{ change: number }>('DELETE', '/api/tags?repository=app&tag=v1');
    expect(await measured()).toMatchObject({ trash: about(MB), repositories: [own()] });
    await asked;
    await berth.call('POST', '/api/undo', { change });
    expect(await measured()).toMatchObject({ trash: 0 });
    await berth.call('DELETE', '/api/tags?repository=app&tag=v1');
    expect((await berth.get<TagList>('/api/tags?repository=app')).trash).toHaveLength(1);
    await berth.call('POST', '/_gc', { emptyTrash: true });
    expect(await measured()).toMatchObject({ trash: 0, parts: { content: about(2 * MB) } });
  });
});
