import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from './data-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('openDataFolder', () => {
  it('removes files that a crash kept from replacing others', async () => {
    await writeFile(join(folder, '.index.json.new'), '{"schemaVersion":');
    const lock = await openDataFolder(folder);
    await lock.release();
    expect(await readdir(folder)).toEqual(['berth.json']);
  });

  it('gives the lock back when it fails behind it', async () => {
    const inTheWay = join(folder, '.berth.json.new');
    await mkdir(inTheWay);
    await expect(openDataFolder(folder)).rejects.toThrow();
    await rmdir(inTheWay);
    const lock = await openDataFolder(folder);
    await lock.release();
  });
});
