import { describe, expect, it } from 'vitest';
import type { ReclaimResult } from '../../../registry/api/contract.ts';
import { formatMoment } from '../../components/format.ts';
import { removedBy, staysOf } from './goods.ts';

/** Of each kind so many. */
function removed(manifests: number, layers: number, configs: number, others = 0): string {
  return removedBy({
    deletedManifests: manifests,
    deletedLayers: layers,
    deletedConfigs: configs,
    deletedBlobs: manifests + layers + configs + others,
  } as ReclaimResult);
}

describe('removedBy', () => {
  it('names each kind of file that there was, and their sum if there were several', () => {
    expect(removed(6, 6, 6)).toBe('18 files: 6 manifests, 6 layers and 6 configs');
    expect(removed(1, 0, 1)).toBe('2 files: 1 manifest and 1 config');
    expect(removed(1, 2000, 1, 3)).toBe('2,005 files: 1 manifest, 2,000 layers, 1 config and 3 blobs');
    expect(removed(0, 1, 0)).toBe('1 layer');
    expect(removed(0, 0, 0, 2)).toBe('2 blobs');
    expect(removed(0, 0, 0)).toBe('Nothing');
  });
});

describe('staysOf', () => {
  const now = Date.parse('2026-11-22T10:00:00Z');
  const stays = (count: number, until: string | null): readonly string[] =>
    staysOf({ stays: [], trashBytes: 0, uploads: { count, bytes: 3_000_000, until } }, now);

  it('says how long the room of uploads is held', () => {
    const [soon, tomorrow] = ['2026-11-22T11:05:00Z', '2026-11-23T11:05:00Z'];
    expect(stays(0, null)).toEqual([]);
    expect(stays(1, soon)).toEqual([
      `1 upload is under way or broken off, 3.0 MB: held until ${formatMoment(soon, now)}, in case the client goes on.`,
    ]);
    expect(stays(2, tomorrow)).toEqual([
      `2 uploads are under way or broken off, 3.0 MB: held until ${formatMoment(tomorrow, now)}, in case the clients go on.`,
    ]);
  });
});
