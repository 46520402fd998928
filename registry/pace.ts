/** Longer than this, nothing may keep the event loop from pushes and pulls. */
const SLICE_MS = 4;

/** Lets others have a turn in the middle of long computations. */
export class Pace {
  #since = performance.now();

  /** To be called between two small steps; resolves at once, unless it is the others' turn. */
  async rest(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
