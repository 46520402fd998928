import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Space } from '../disk/space.ts';
import type { Digest } from '../reference.ts';
import { BlobStore } from './blob-store.ts';

const FOO: Digest = 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';

let folder: string;
let store: BlobStore;
let temporary: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-blobs-'));
  store = await BlobStore.open(folder, new Space(folder, () => 0));
  temporary = join(folder, 'uploads', 'foo');
  await writeFile(temporary, 'foo');
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

describe('BlobStore.adopt', () => {
  it('makes the file read-only', async () => {
    await store.adopt(temporary, FOO);
    expect(await modeOf(join(folder, 'blobs', FOO.replace(':', '/')))).toBe(0o444);
  });

  it('leaves the file as it was when it cannot be renamed', async () => {
    const before = await modeOf(temporary);
    await rm(join(folder, 'blobs'), { recursive: true });
    await expect(store.adopt(temporary, FOO)).rejects.toThrow('was moved or removed');
    expect(await modeOf(temporary)).toBe(before);
  });
});

describe('BlobStore.put', () => {
  it('leaves no file behind when the content cannot get its name', async () => {
    await rm(join(folder, 'blobs'), { recursive: true });
    await expect(store.put(FOO, Buffer.from('foo'))).rejects.toThrow('was moved or removed');
    expect(await readdir(join(folder, 'uploads'))).toEqual(['foo']);
  });
});

describe('BlobStore.quarantine', () => {
  it('sets damaged content aside', async () => {
    await writeFile(join(folder, 'blobs', FOO.replace(':', '/')), 'bar');
    await store.quarantine(FOO);
    expect([await store.findSize(FOO), await readdir(join(folder, 'quarantine'))]).toMatchObject([
      undefined,
      { length: 1 },
    ]);
  });

  it('leaves alone what a push has put in its place since it was found damaged', async () => {
    await store.adopt(temporary, FOO);
    await store.quarantine(FOO);
    expect(await store.findSize(FOO)).toBe(3);
  });
});

describe('BlobStore.quarantineIfDamaged', () => {
  it('leaves alone what was brought while the damaged file was read', async () => {
    const path = join(folder, 'blobs', FOO.replace(':', '/'));
    await writeFile(path, Buffer.alloc(64 << 20));
    const looking = store.quarantineIfDamaged(FOO);
    // The file is open by then.
    for (let count = 0; count < 5; count += 1) await stat(path);
    await store.adopt(temporary, FOO);
    expect(await looking).toBe(true);
    expect((await store.findContent(FOO))?.toString()).toBe('foo');
  });
});

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}
