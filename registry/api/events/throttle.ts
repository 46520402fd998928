/** Nobody reads faster than this; the last state always follows. */
const INTERVAL_MS = 250;

/** Hands on the newest value of each key, at most four times a second. */
export class Throttle<Value> {
  readonly #emit: (values: ReadonlyMap<string, Value>) => void;
  readonly #waiting = new Map<string, Value>();
  #timer: NodeJS.Timeout | undefined;

  constructor(emit: (values: ReadonlyMap<string, Value>) => void) {
    this.#emit = emit;
  }

  put(key: string, value: Value): void {
    this.#waiting.set(key, value);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, INTERVAL_MS).unref();
  }

  /** Ends what is under way. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #flush(): void {
    const values = new Map(this.#waiting);
    this.#waiting.clear();
    this.#emit(values);
  }
}
