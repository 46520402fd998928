/** Anything that came at some time. */
export interface Dated {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The newest few of many, found without sorting them all. Of those that came together, the first by name. */
export class Newest {
  readonly #limit: number;
  /** The newest first. */
  readonly #kept: Dated[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: Dated): void {
    const last = this.#kept.at(-1);
    const isFull = this.#kept.length === this.#limit;
    if (isFull && last !== undefined && compare(entry, last) > 0) return;
    this.#kept.splice(this.#placeOf(entry), 0, entry);
    if (isFull) this.#kept.pop();
  }

  /** Whether an entry that was added is among them. */
  has(entry: Dated): boolean {
    const last = this.#kept.at(-1);
    return last !== undefined && compare(entry, last) <= 0;
  }

  #placeOf(entry: Dated): number {
    let low = 0;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#kept[middle];
      if (at !== undefined && compare(at, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compare(one: Dated, other: Dated): number {
  if (one.time !== other.time) return other.time - one.time;
  if (one.name === other.name) return 0;
  return one.name < other.name ? -1 : 1;
}
