import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainLayer } from '../../../test/domain/archive.ts';
import { LayerWorker } from './layer-worker.ts';

let folder: string;
let worker: LayerWorker;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-layer-'));
  worker = new LayerWorker(new AbortController().signal);
});
afterEach(async () => {
  await worker.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('LayerWorker', () => {
  it('blames the archive for no fault of the disk, and goes on', async () => {
    const source = { content: plainLayer('a') };
    const task = { kind: 'compress', source, target: join(folder, 'gone', '1') } as const;
    await expect(worker.run(task, () => undefined)).rejects.toMatchObject({ code: 'ENOENT' });
    const { size } = await worker.run({ ...task, target: join(folder, '1') }, () => undefined);
    expect(size).toBeGreaterThan(0);
  });

  it('blames the archive for a layer that is damaged', async () => {
    const source = { content: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2]) };
    await expect(worker.run({ kind: 'unpack', source }, () => undefined)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(/^A layer in the archive cannot be read\. The gzip ends early/),
    });
  });
});
