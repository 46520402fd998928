import { describe, expect, it } from 'vitest';
import type { Cell } from './cells.ts';
import { boxBeside, placeCells } from './treemap.ts';

const cell = (id: string, bytes: number): Cell => ({
  id,
  label: id,
  bytes,
  kind: 'repository',
  words: id,
  parts: [],
});

describe('placeCells', () => {
  it('gives each cell an area like its bytes', () => {
    const [large, small] = placeCells([cell('a', 300), cell('b', 100)], 400, 100);
    expect(large).toMatchObject({ x: 0, y: 0, height: 100 });
    expect((large?.width ?? 0) / (small?.width ?? 1)).toBeCloseTo(3, 0);
  });

  it('lets a tiny one be found beside a huge one', () => {
    const placed = placeCells([cell('a', 1e12), cell('b', 1)], 1000, 600);
    const tiny = placed.find((each) => each.cell.id === 'b');
    expect((tiny?.width ?? 0) * (tiny?.height ?? 0)).toBeGreaterThan(100);
  });

  it('keeps every cell within the map, and none over another', () => {
    const placed = placeCells(
      Array.from({ length: 60 }, (_, index) => cell(`${index}`, (index + 1) ** 2)),
      800,
      500,
    );
    expect(placed).toHaveLength(60);
    for (const [index, one] of placed.entries()) {
      expect(one.x + one.width).toBeLessThanOrEqual(800);
      expect(one.y + one.height).toBeLessThanOrEqual(500);
      const covered = placed
        .slice(index + 1)
        .filter(
          (other) =>
            one.x < other.x + other.width &&
            other.x < one.x + one.width &&
            one.y < other.y + other.height &&
            other.y < one.y + one.height,
        );
      expect(covered).toEqual([]);
    }
  });

  it('puts nothing where there is no room or nothing to show', () => {
    expect(placeCells([cell('a', 1)], 0, 0)).toEqual([]);
    expect(placeCells([cell('a', 0)], 100, 100)).toEqual([]);
  });
});

describe('boxBeside', () => {
  const boxes = [
    { x: 0, y: 0, width: 50, height: 100 },
    { x: 53, y: 0, width: 50, height: 40 },
    { x: 53, y: 43, width: 50, height: 57 },
  ];

  it.each([
    ['ArrowRight', 0, 2],
    ['ArrowLeft', 1, 0],
    ['ArrowDown', 1, 2],
    ['ArrowUp', 2, 1],
  ])('%s from %i leads to %i', (key, from, to) => {
    expect(boxBeside(boxes, from, key)).toBe(to);
  });

  it('leads nowhere at the edge', () => {
    expect(boxBeside(boxes, 0, 'ArrowLeft')).toBeUndefined();
    expect(boxBeside(boxes, 0, 'Enter')).toBeUndefined();
  });
});
