import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Space } from './space.ts';

const MIB = 1 << 20;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-space-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('Space.require', () => {
  it('refuses nothing without a reserve, not even what the disk cannot hold', async () => {
    await expect(new Space(folder, () => 0).require(Number.MAX_SAFE_INTEGER)).resolves.toBeUndefined();
  });

  it('says how much is free, what the reserve is, and what to do', async () => {
    const space = new Space(folder, () => 2 ** 60);
    await expect(space.require(1)).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      message: expect.stringMatching(/^The disk is full but for a reserve: .* are free, .*berth gc/),
      detail: { free: expect.any(Number), reserve: 2 ** 60 },
    });
  });

  it('fails as the folder fails when that is gone', async () => {
    await expect(new Space(join(folder, 'gone')).require(1)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe.skipIf(process.getuid?.() !== 0)('Space on a file system of 16 MiB', () => {
  beforeEach(() => execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder]));
  afterEach(() => execFileSync('umount', [folder]));

  it('keeps 5 % of it by default', async () => {
    const space = new Space(folder);
    await space.require(1);
    expect(space.reserve).toBe(Math.floor(16 * MIB * 0.05));
  });

  it('refuses what would eat into the reserve, and sees at once what others take and give back', async () => {
    const space = new Space(folder, () => 4 * MIB);
    await space.require(12 * MIB);
    await expect(space.require(12 * MIB + 1)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    const other = join(folder, 'other');
    await writeFile(other, Buffer.alloc(12 * MIB));
    await expect(space.require(1)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    await rm(other);
    await space.require(12 * MIB);
  });
});
