import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../test/domain/layers.ts';
import { tarBytes } from '../../../test/domain/tar.ts';
import type { Digest } from '../../reference.ts';
import { cleanPath } from './layer-entry.ts';
import { LAYER_BOUNDS, readLayer, type LayerBounds, type LayerReading } from './read-layer.ts';

interface Wishes {
  signal: AbortSignal;
  onProgress: (bytes: number) => void;
  digest: Digest;
}

describe('readLayer', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-layer-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function read(
    bytes: Buffer,
    bounds: Partial<LayerBounds> = {},
    { signal, onProgress, digest }: Partial<Wishes> = {},
  ): Promise<LayerReading> {
    const path = join(folder, 'blob');
    writeFileSync(path, bytes);
    const wanted = signal ?? new AbortController().signal;
    const told = onProgress ?? ((): void => undefined);
    return await readLayer(path, digest ?? digestOf(bytes), wanted, told, { ...LAYER_BOUNDS, ...bounds });
  }
  const files = (count: number): Buffer =>
    tarBytes(Array.from({ length: count }, (_, index) => ({ path: `f${index}`, content: 'x'.repeat(2000) })));

  it('stops at the bound of entries, and keeps those until there', async () => {
    const { listing, isLasting } = await read(files(20), { entries: 10 });
    expect(listing).toMatchObject({
      entries: 10,
      problem: 'It holds more than 10 files: Berth looks no further.',
    });
    expect(isLasting).toBe(true);
  });

  it('stops at the bound of what comes out of few bytes', async () => {
    const bomb = gzipSync(tarBytes([{ path: 'a' }, { path: 'bomb', content: Buffer.alloc(20_000_000) }]), {
      level: 9,
    });
    const { listing } = await read(bomb, { unpacked: 1 << 20, ratio: 10 });
    expect(listing).toMatchObject({
      entries: 2,
      problem: expect.stringMatching(/^It holds more than .* in .* kB/) as string,
    });
  });

  it('stops at the bound of the listing', async () => {
    const { listing } = await read(files(200), { listing: 500 });
    expect(listing.problem).toContain('a list of files of more than');
    expect(listing.entries).toBeLessThan(200);
  });

  it('stops at the bound of time, and would try again', async () => {
    const { listing, isLasting } = await read(files(20), { milliseconds: -1 });
    expect(listing.problem).toContain('Reading it took more than');
    expect(isLasting).toBe(false);
  });

  it('notices content that is not what its digest says, and would try again', async () => {
    const { listing, isLasting } = await read(files(3), {}, { digest: digestOf(Buffer.from('other')) });
    expect(listing).toMatchObject({
      entries: 3,
      problem: expect.stringContaining('another digest') as string,
    });
    expect(isLasting).toBe(false);
  });

  it('says that a layer is gone', async () => {
    const reading = await readLayer(
      join(folder, 'none'),
      digestOf(Buffer.alloc(0)),
      new AbortController().signal,
      () => {},
    );
    expect(reading).toMatchObject({
      isLasting: false,
      listing: { entries: 0, problem: 'It is not here any more.' },
    });
  });

  it('tells of every compressed byte, those behind the archive included', async () => {
    const bytes = Buffer.concat([gzipSync(files(50)), Buffer.alloc(700_000)]);
    let told = 0;
    const { listing } = await read(bytes, {}, { onProgress: (count) => (told += count) });
    expect([told, listing.problem, listing.entries]).toEqual([bytes.length, null, 50]);
  });

  it('ends at once when nobody wants it any more', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const reading = read(files(2000), {}, { signal: stop.signal, onProgress: () => stop.abort(reason) });
    await expect(reading).rejects.toBe(reason);
  });
});

describe('cleanPath', () => {
  it.each([
    ['a/b', 'a/b'],
    ['./a//b/', 'a/b'],
    ['/', ''],
    ['.', ''],
    ['../../a', 'a'],
    ['a/../../b', 'b'],
    ['..a/.b/c..', '..a/.b/c..'],
    ['.../a', '.../a'],
  ])('%s is %s', (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });
});
