import { describe, expect, it } from 'vitest';
import type { ReclaimResult } from '../../../registry/api/contract.ts';
import { removedBy } from './goods.ts';

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
