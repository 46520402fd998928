/** Milliseconds between two looks. */
export const LOOK_MS = 250;

/** Over so many looks: three seconds. */
const LOOKS = 12;

/** So many that saw no byte, a second, and it stands still. */
const STILL = 4;

/** Bytes a second of what moves, over the last few seconds. */
export class Speed {
  /** Times are milliseconds of `performance.now()`. */
  readonly #looks: { readonly time: number; readonly bytes: number }[];
  readonly #began: number;
  #paused: number;
  #bytes = 0;

  constructor() {
    this.#began = performance.now();
    this.#paused = this.#began;
    this.#looks = [{ time: this.#began, bytes: 0 }];
  }

  /** Milliseconds up to the last pause. */
  get lasted(): number {
    return this.#paused - this.#began;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** No more comes for now. */
  pause(): void {
    this.#paused = performance.now();
  }

  /** Nothing moves from now on. */
  stop(): void {
    this.#looks.splice(0, Infinity, { time: performance.now(), bytes: this.#bytes });
  }

  look(now: number): void {
    this.#looks.push({ time: now, bytes: this.#bytes });
    // When it goes on it is measured from there: the standstill says nothing of how fast it is.
    if (this.#looks.at(-1 - STILL)?.bytes === this.#bytes) this.stop();
    else if (this.#looks.length > LOOKS + 1) this.#looks.shift();
  }

  /** 0 as soon as it stands still. */
  get recent(): number {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (first === undefined || last === undefined) return 0;
    // The first bytes come together with the headers: a moment is too short to tell how fast the others follow.
    return perSecond(last.bytes - first.bytes, Math.max(last.time - first.time, LOOK_MS));
  }
}

/** A whole number of bytes a second. */
export const perSecond = (bytes: number, ms: number): number => Math.round((bytes * 1000) / Math.max(ms, 1));
