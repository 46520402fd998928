import { iso } from '../../time.ts';
import type { Throughput, ThroughputSample } from '../contract.ts';

export const RANGES = ['minute', 'hour', 'day'] as const;
export type Range = (typeof RANGES)[number];

/** Seconds of a sample, and how many of them make the range. */
const SERIES: Record<Range, readonly [seconds: number, count: number]> = {
  minute: [1, 60],
  hour: [60, 60],
  day: [900, 96],
};

/** Nobody wants to be told of the hour in which the machine slept. */
const MOST_SECONDS = 10;

/** Bytes that were pushed and pulled, by the time at which they went. Costs nothing while nothing moves. */
export class ThroughputMeter {
  readonly #now: () => number;
  readonly #series: Readonly<Record<Range, Series>>;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    const series = (range: Range): Series => new Series(...SERIES[range]);
    this.#series = { minute: series('minute'), hour: series('hour'), day: series('day') };
  }

  add(direction: 'push' | 'pull', bytes: number): void {
    if (bytes <= 0) return;
    const seconds = Math.floor(this.#now() / 1000);
    for (const range of RANGES) this.#series[range].add(seconds, direction, bytes);
  }

  read(range: Range): Throughput {
    return this.#series[range].read(Math.floor(this.#now() / 1000));
  }

  /**
   * Seconds that have ended since.
   *
   * @param time milliseconds since 1970
   */
  since(time: number): ThroughputSample[] {
    const first = Math.floor(time / 1000);
    const count = Math.min(Math.floor(this.#now() / 1000) - first, MOST_SECONDS);
    return Array.from({ length: Math.max(count, 0) }, (_, index) => this.#series.minute.at(first + index));
  }
}

class Series {
  readonly #seconds: number;
  readonly #slots: { interval: number; pushed: number; pulled: number }[];

  constructor(seconds: number, count: number) {
    this.#seconds = seconds;
    this.#slots = Array.from({ length: count }, () => ({ interval: -1, pushed: 0, pulled: 0 }));
  }

  add(time: number, direction: 'push' | 'pull', bytes: number): void {
    const interval = Math.floor(time / this.#seconds);
    const slot = this.#slots[interval % this.#slots.length];
    if (slot === undefined) return;
    // What was here is a whole range old.
    if (slot.interval !== interval) Object.assign(slot, { interval, pushed: 0, pulled: 0 });
    if (direction === 'push') slot.pushed += bytes;
    else slot.pulled += bytes;
  }

  at(time: number): ThroughputSample {
    return this.#sample(Math.floor(time / this.#seconds));
  }

  /** The oldest first, up to the interval that is not over yet. */
  read(time: number): Throughput {
    const last = Math.floor(time / this.#seconds);
    const first = last - this.#slots.length + 1;
    const samples = this.#slots.map((_, index) => this.#sample(first + index));
    return { seconds: this.#seconds, samples };
  }

  #sample(interval: number): ThroughputSample {
    const slot = this.#slots[interval % this.#slots.length];
    const isIts = slot !== undefined && slot.interval === interval;
    const time = iso(interval * this.#seconds * 1000);
    return { time, pushed: isIts ? slot.pushed : 0, pulled: isIts ? slot.pulled : 0 };
  }
}
