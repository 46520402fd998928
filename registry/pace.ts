/** Longer than this, nothing may keep the event loop from pushes and pulls. */
const SLICE_MS = 4;

/** Work in small steps, between which others may have a turn. */
export type Steps<Result = void> = Generator<void, Result, undefined>;

/** The result of steps that are taken without a pause. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Lets others have a turn in the middle of long computations. */
export class Pace {
  #since = performance.now();

  /** Takes steps to their end. */
  async walk<Result>(steps: Generator<unknown, Result, undefined>): Promise<Result> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() - this.#since >= SLICE_MS) await this.rest();
    }
  }

  /** To be called between two small steps; resolves at once, unless it is the others' turn. */
  async rest(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
