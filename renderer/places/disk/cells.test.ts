import { describe, expect, it } from 'vitest';
import type { DiskRepository, DiskUse } from '../../../registry/api/contract.ts';
import { diskCells, layerCells } from './cells.ts';

const MB = 1_000_000;

const use = (repositories: readonly DiskRepository[], content: number): DiskUse => ({
  total: 1000 * MB,
  free: 500 * MB,
  reserved: 0,
  others: 500 * MB - content - 3 * MB,
  used: content + 3 * MB,
  parts: { content, uploads: 0, journal: 2 * MB, cache: MB, quarantine: 0, other: 0 },
  reclaimable: 0,
  trash: 0,
  pending: 0,
  budget: null,
  repositories,
});

const repository = (name: string, exclusive: number, shared: number, part = exclusive): DiskRepository => ({
  name,
  exclusive,
  shared,
  part,
  tags: 1,
});

describe('diskCells', () => {
  it('counts every byte once, however many repositories share it', () => {
    const cells = diskCells(
      use([repository('a', 10 * MB, 20 * MB, 20 * MB), repository('b', 5 * MB, 20 * MB, 15 * MB)], 35 * MB),
    );
    const sum = cells.reduce((total, { bytes }) => total + bytes, 0);
    expect(sum).toBe(38 * MB);
    const a = cells.find(({ label }) => label === 'a');
    expect(a?.bytes).toBe(20 * MB);
    expect(a?.words).toBe(
      'a\n20.0 MB of the disk\n10.0 MB of its own, and its part of 20.0 MB shared with other repositories\n1 tag',
    );
  });

  it('divides a shared layer among those that share it', () => {
    const content = {
      layers: [
        { digest: 'sha256:aa', size: 30 * MB, tags: ['v1'], tagCount: 1, repositories: ['b', 'c'] },
        { digest: 'sha256:bb', size: 4 * MB, tags: ['v1'], tagCount: 1, repositories: [] },
      ],
    };
    const [a] = diskCells(
      use([repository('a', 4 * MB, 30 * MB, 14 * MB)], 34 * MB),
      new Map([['a', content]]),
    );
    expect(a?.parts).toEqual([
      { digest: 'sha256:aa', bytes: 10 * MB, shared: true },
      { digest: 'sha256:bb', bytes: 4 * MB, shared: false },
    ]);
  });

  it('has one cell for all that are too small to see', () => {
    const many = Array.from({ length: 2000 }, (_, index) => repository(`r${index}`, 100, 0));
    const cells = diskCells(use([repository('big', 900 * MB, 0), ...many], 901 * MB));
    expect(cells.length).toBeLessThan(10);
    expect(cells.at(-1)?.label).toMatch(/^2,00\d smaller ones$/);
  });
});

describe('layerCells', () => {
  it('says where else a layer is needed', () => {
    const [layer] = layerCells({
      layers: [{ digest: 'sha256:aa', size: 1, tags: ['v1', 'v2'], tagCount: 9, repositories: ['x'] }],
    });
    expect(layer?.words).toBe('sha256:aa\n1 B\nIn v1, v2, 7 more\nAlso in x');
    expect(layer?.shared).toBe(true);
  });
});
