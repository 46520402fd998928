import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../../../registry/api/contract.ts';
import { plotMoments, sizeMarks } from './timeline.ts';

const event = (minutes: number, size: number | null): HistoryEvent => ({
  change: minutes,
  time: new Date(minutes * 60_000).toISOString(),
  repository: 'app',
  tag: 'v1',
  digest: size === null ? null : 'sha256:00',
  previous: null,
  size,
  previousSize: null,
  actor: {},
  restorable: false,
});

describe('plotMoments', () => {
  it('puts the oldest at the left and the newest at the right', () => {
    const moments = plotMoments([event(9, 1), event(5, 1), event(0, 1)]);
    expect(moments.map(({ x }) => x)).toEqual([0, (0.5 + 5 / 9) / 2, 1]);
  });

  it('keeps pushes within a minute apart', () => {
    const [, second, third] = plotMoments([event(1000, 1), event(2, 1), event(1, 1), event(0, 1)]);
    expect((third?.x ?? 0) - (second?.x ?? 0)).toBeGreaterThan(0.15);
  });

  it('makes of size the height, and puts a deletion on the ground', () => {
    const heights = plotMoments([event(3, 200), event(2, null), event(1, 100)]).map(({ y }) => y);
    expect(heights).toEqual([0.2, 0, 1]);
  });

  it('has a place for a single one, and for those of one size', () => {
    expect(plotMoments([event(1, 5)])[0]).toMatchObject({ x: 1, y: 0.6 });
    expect(plotMoments([])).toEqual([]);
  });
});

describe('sizeMarks', () => {
  const marksOf = (...sizes: (number | null)[]) =>
    sizeMarks(plotMoments(sizes.map((size, minutes) => event(sizes.length - minutes, size))));

  it('names the largest and the smallest size at their heights', () => {
    expect(marksOf(200, 150, null, 100)).toEqual([
      { y: 1, text: '200 B' },
      { y: 0.2, text: '100 B' },
    ]);
  });

  it('names once what reads the same, and nothing where there was only a deletion', () => {
    expect(marksOf(1_000_001, 1_000_002)).toEqual([{ y: 1, text: '1.0 MB' }]);
    expect(marksOf(null)).toEqual([]);
  });
});
