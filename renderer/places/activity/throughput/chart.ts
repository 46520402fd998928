import type { Throughput, ThroughputSample } from '../../../../registry/api/contract.ts';
import { formatClock } from '../../../components/format.ts';

/** Bytes a second that were pushed and pulled, at a moment. */
export interface Point {
  readonly time: Date;
  readonly pushed: number;
  readonly pulled: number;
}

export type Series = 'pushed' | 'pulled';

export function pointsOf({ seconds, samples }: Throughput): readonly Point[] {
  return samples.map(({ time, pushed, pulled }) => ({
    time: new Date(time),
    pushed: pushed / seconds,
    pulled: pulled / seconds,
  }));
}

/** With one sample more at the end, and of the same length. */
export function shifted(throughput: Throughput, sample: ThroughputSample): Throughput {
  const before = throughput.samples.filter(({ time }) => time < sample.time);
  const samples = [...before, sample].slice(-throughput.samples.length);
  return { ...throughput, samples };
}

/** Where the axis ends: the next of 1, 2, 5, 10 ... that nothing exceeds. */
export function niceTop(points: readonly Point[]): number {
  const most = points.reduce((top, { pushed, pulled }) => Math.max(top, pushed, pulled), 0);
  if (most <= 1000) return 1000;
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((step) => step * power >= most) ?? 10) * power;
}

/** The largest of a series; undefined if it is nothing all along. */
export function peakOf(
  points: readonly Point[],
  series: Series,
): { index: number; value: number } | undefined {
  let index = 0;
  for (const [at, point] of points.entries()) if (point[series] > (points[index]?.[series] ?? 0)) index = at;
  const value = points[index]?.[series] ?? 0;
  return value > 0 ? { index, value } : undefined;
}

/** `M0,10L...Z`: from the base line along the values and back; `height` is that of `top`, negative for downwards. */
export function areaPath(
  values: readonly number[],
  width: number,
  base: number,
  height: number,
  top: number,
): string {
  if (values.length < 2) return '';
  const step = width / (values.length - 1);
  const points = values.map(
    (value, index) => `${round(index * step)},${round(base - (value / top) * height)}`,
  );
  return `M0,${base}L${points.join('L')}L${round(width)},${base}Z`;
}

/** Pixels of a label of the time, with what is free beside it. */
const TICK = 80;

/** The points below which a time stands: the first, the last, and as many between them as there is room for. */
export function ticksOf(points: number, width: number): readonly number[] {
  if (points < 2) return [];
  const parts = Math.max(1, Math.min(4, Math.floor(width / TICK)) - 1);
  return Array.from({ length: parts + 1 }, (_, tick) => Math.round((tick * (points - 1)) / parts));
}

/** Pixels of a character of a label, a little more than most have. */
const CHARACTER = 6.5;

/** Where the middle of a label is: at its point, unless an end of it would stand beyond the chart. */
export function placeLabel(at: number, text: string, width: number): number {
  const half = (text.length * CHARACTER) / 2;
  return Math.max(half, Math.min(width - half, at));
}

const round = (value: number): number => Math.round(value * 10) / 10;

export type Range = 'minute' | 'hour' | 'day';

export const formatMoment = (time: Date, range: Range): string => formatClock(time, range === 'minute');
