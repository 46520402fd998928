import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../test/domain/layers.ts';
import { ListingCache } from './listing-cache.ts';
import { entriesOf, ListingWriter, type Listing } from './listing.ts';
import type { LayerEntry } from './layer-entry.ts';

const ENTRIES: LayerEntry[] = [
  { path: '', kind: 'folder', size: 0, mode: 0o755, uid: 0, gid: 0, modifiedAt: 0, target: '' },
  {
    path: 'a/b',
    kind: 'file',
    size: 2 ** 43,
    mode: 0o4755,
    uid: 2 ** 31,
    gid: 7,
    modifiedAt: -5,
    target: '',
  },
  {
    path: 'a/b\u00ff',
    kind: 'symlink',
    size: 0,
    mode: 0o777,
    uid: 0,
    gid: 0,
    modifiedAt: 1e9,
    target: '../\u00fe',
  },
  { path: 'a', kind: 'fifo', size: 0, mode: 0, uid: 0, gid: 0, modifiedAt: 1, target: '' },
];

function listingOf(entries: readonly LayerEntry[], problem: string | null = null): Listing {
  const writer = new ListingWriter();
  for (const entry of entries) writer.append(entry);
  return writer.finish(problem);
}

describe('ListingCache', () => {
  let folder: string;
  let blobs: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-listings-'));
    blobs = join(folder, 'blobs');
    mkdirSync(join(blobs, 'sha256'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const layer = (name: string): ReturnType<typeof digestOf> => {
    const digest = digestOf(Buffer.from(name));
    writeFileSync(join(blobs, 'sha256', digest.slice(7)), '');
    return digest;
  };
  const cacheOf = (limit?: number): ListingCache =>
    new ListingCache(join(folder, 'cache/files'), blobs, limit);
  const names = (): string[] => readdirSync(join(folder, 'cache/files')).sort();

  it('gives back what it was given, another time too', async () => {
    const digest = layer('one');
    await cacheOf().keep(digest, listingOf(ENTRIES, 'It was odd.'));
    const found = await cacheOf().find(digest);
    expect(found).toMatchObject({ entries: 4, size: 2 ** 43, problem: 'It was odd.' });
    expect([...entriesOf(found ?? listingOf([]))]).toEqual(ENTRIES);
    expect(await cacheOf().find(layer('two'))).toBeUndefined();
  });

  it('forgets what was not used for the longest time when there is too much', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({
      ...(ENTRIES[1] as LayerEntry),
      path: `file-${index}`,
    }));
    const cache = cacheOf(50_000);
    const [one, two, three] = [layer('one'), layer('two'), layer('three')];
    for (const [index, digest] of [one, two].entries()) {
      await cache.keep(digest, listingOf(many));
      const time = new Date(1000 * (index + 1));
      utimesSync(join(folder, 'cache/files', digest.replace(':', '-')), time, time);
    }
    await cache.find(one);
    await cache.keep(three, listingOf(many));
    expect(names()).toEqual([one, three].map((digest) => digest.replace(':', '-')).sort());
  });

  it('removes what belongs to no layer that is here, and what a crash left', async () => {
    const digest = layer('one');
    await cacheOf().keep(digest, listingOf(ENTRIES));
    writeFileSync(join(folder, 'cache/files', `sha256-${'0'.repeat(64)}`), 'of a layer that is gone');
    writeFileSync(join(folder, 'cache/files', `${digest.replace(':', '-')}.new`), 'half');
    mkdirSync(join(folder, 'cache/files/odd'));
    await cacheOf().trim();
    expect(names()).toEqual([digest.replace(':', '-')]);
  });

  it.each(['empty', 'cut', 'of another layer'])('takes a file that is %s for none', async (damage) => {
    const digest = layer('one');
    const path = join(folder, 'cache/files', digest.replace(':', '-'));
    await cacheOf().keep(digest, listingOf(ENTRIES));
    if (damage === 'empty') truncateSync(path, 0);
    if (damage === 'cut') truncateSync(path, 60);
    if (damage === 'of another layer') {
      const other = layer('two');
      await cacheOf().keep(other, listingOf(ENTRIES));
      rmSync(path);
      copyFileSync(join(folder, 'cache/files', other.replace(':', '-')), path);
    }
    expect(await cacheOf().find(digest)).toBeUndefined();
    expect(names()).not.toContain(digest.replace(':', '-'));
  });

  it('does without a folder that cannot be written', async () => {
    writeFileSync(join(folder, 'cache'), 'a file where the folder would be');
    await cacheOf().keep(layer('one'), listingOf(ENTRIES));
    expect(await cacheOf().find(layer('one'))).toBeUndefined();
  });
});
