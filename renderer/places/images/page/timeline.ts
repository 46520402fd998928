import type { HistoryEvent } from '../../../../registry/api/contract.ts';
import { formatSize } from '../../../components/format.ts';

export interface PlottedMoment {
  readonly event: HistoryEvent;
  /** 0 to 1: of the width, the oldest at the left. */
  readonly x: number;
  /** 0 to 1: of the height, by bytes; 0 where the tag was deleted. */
  readonly y: number;
}

const MOST = 60;
/** The smallest stays above the ground, on which deletions lie. */
const FLOOR = 0.2;

/**
 * The newest events as points, the oldest first. Half of a step is even and half is by time: pushes within a
 * minute stay apart, and a year without any is seen.
 */
export function plotMoments(newestFirst: readonly HistoryEvent[]): readonly PlottedMoment[] {
  const events = newestFirst.slice(0, MOST).toReversed();
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return [];
  const start = Date.parse(first.time);
  const span = Date.parse(last.time) - start;
  const sizes = events.flatMap(({ size }) => (size === null ? [] : [size]));
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  const height = (size: number | null): number => {
    if (size === null) return 0;
    return high === low ? (1 + FLOOR) / 2 : FLOOR + (1 - FLOOR) * ((size - low) / (high - low));
  };
  return events.map((event, index) => {
    const even = events.length === 1 ? 1 : index / (events.length - 1);
    const byTime = span === 0 ? even : (Date.parse(event.time) - start) / span;
    return { event, x: (even + byTime) / 2, y: height(event.size) };
  });
}

/** The largest and the smallest size, each at its height; one of them if they read the same. */
export function sizeMarks(moments: readonly PlottedMoment[]): readonly { y: number; text: string }[] {
  const marks = moments
    .flatMap(({ event: { size }, y }) => (size === null ? [] : [{ y, text: formatSize(size) }]))
    .toSorted((a, b) => b.y - a.y);
  const [high, low] = [marks[0], marks.at(-1)];
  if (high === undefined || low === undefined) return [];
  return high.text === low.text ? [high] : [high, low];
}
