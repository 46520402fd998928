import { describe, expect, it } from 'vitest';
import { areaPath, formatMoment, niceTop, peakOf, placeLabel, pointsOf, shifted, ticksOf } from './chart.ts';

const at = (second: number) => new Date(1_800_000_000_000 + second * 1000).toISOString();
const sample = (second: number, pushed: number, pulled = 0) => ({ time: at(second), pushed, pulled });

describe('chart', () => {
  it('shows bytes a second, however long a sample is', () => {
    const [point] = pointsOf({ seconds: 60, samples: [sample(0, 6000, 600)] });
    expect(point).toMatchObject({ pushed: 100, pulled: 10 });
  });

  it.each([
    [0, 1000],
    [900, 1000],
    [1001, 2000],
    [4_300_000, 5_000_000],
    [50_000_000, 50_000_000],
    [51_000_000, 100_000_000],
  ])('has an axis for %i that ends at %i', (most, top) => {
    expect(niceTop([{ time: new Date(), pushed: 3, pulled: most }])).toBe(top);
  });

  it('finds the peak of a series, and none where nothing happened', () => {
    const points = pointsOf({ seconds: 1, samples: [sample(0, 1), sample(1, 9), sample(2, 9)] });
    expect(peakOf(points, 'pushed')).toEqual({ index: 1, value: 9 });
    expect(peakOf(points, 'pulled')).toBeUndefined();
  });

  it('moves on by a sample and keeps its length', () => {
    const before = { seconds: 1, samples: [sample(0, 1), sample(1, 2)] };
    expect(shifted(before, sample(2, 3)).samples.map(({ pushed }) => pushed)).toEqual([2, 3]);
    expect(shifted(before, sample(1, 7)).samples.map(({ pushed }) => pushed)).toEqual([1, 7]);
  });

  it('keeps the label of a peak within the chart, at either end', () => {
    const half = placeLabel(0, '14.7 MB/s', 300);
    expect(half).toBeGreaterThan(25);
    expect(placeLabel(300, '14.7 MB/s', 300)).toBe(300 - half);
    expect(placeLabel(150, '14.7 MB/s', 300)).toBe(150);
    expect(placeLabel(300, '999.9 kB/s', 300)).toBeLessThan(300 - half);
  });

  it('names as many times as there is room for, and always both ends', () => {
    expect(ticksOf(60, 500)).toEqual([0, 20, 39, 59]);
    expect(ticksOf(60, 250)).toEqual([0, 30, 59]);
    expect(ticksOf(60, 40)).toEqual([0, 59]);
    expect(ticksOf(1, 500)).toEqual([]);
  });

  it('has a clock of 24 hours, with seconds where they tell points apart', () => {
    const evening = new Date(2026, 10, 20, 21, 5, 9);
    expect(formatMoment(evening, 'minute')).toBe('21:05:09');
    expect(formatMoment(evening, 'day')).toBe('21:05');
    expect(formatMoment(new Date(2026, 10, 20, 0, 5), 'hour')).toBe('00:05');
  });

  it('draws nothing of a single value', () => {
    expect(areaPath([1], 100, 50, 40, 10)).toBe('');
    expect(areaPath([0, 10], 100, 50, 40, 10)).toBe('M0,50L0,50L100,10L100,50Z');
  });
});
