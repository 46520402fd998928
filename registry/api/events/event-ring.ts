export interface RingEntry {
  readonly seq: number;
  readonly type: string;
  readonly text: string;
  readonly key: string | undefined;
}

const MOST_ENTRIES = 4096;
const MOST_CHARACTERS = 4 << 20;

/** The last events, within bounds. Of those with the same key only the last is kept: it says all that counts. */
export class EventRing {
  /** By place; the oldest first. */
  readonly #entries = new Map<number, RingEntry>();
  readonly #byKey = new Map<string, number>();
  readonly #mostEntries: number;
  #characters = 0;
  #floor = 0;
  #last = 0;

  constructor(mostEntries = MOST_ENTRIES) {
    this.#mostEntries = mostEntries;
  }

  /** The place of the last event. */
  get last(): number {
    return this.#last;
  }

  /** What came after this place is whole, but for what was replaced. */
  get floor(): number {
    return this.#floor;
  }

  add(type: string, text: string, key?: string): RingEntry {
    this.#last += 1;
    const entry = { seq: this.#last, type, text, key };
    if (key !== undefined) {
      const before = this.#entries.get(this.#byKey.get(key) ?? -1);
      if (before !== undefined) this.#remove(before);
      this.#byKey.set(key, entry.seq);
    }
    this.#entries.set(entry.seq, entry);
    this.#characters += text.length;
    for (const oldest of this.#entries.values()) {
      if (this.#entries.size <= this.#mostEntries && this.#characters <= MOST_CHARACTERS) break;
      this.#remove(oldest);
      this.#floor = oldest.seq;
    }
    return entry;
  }

  *after(place: number): Iterable<RingEntry> {
    for (const entry of this.#entries.values()) if (entry.seq > place) yield entry;
  }

  clear(): void {
    this.#entries.clear();
    this.#byKey.clear();
    this.#characters = 0;
    this.#floor = this.#last;
  }

  #remove({ seq, text, key }: RingEntry): void {
    this.#entries.delete(seq);
    this.#characters -= text.length;
    if (key !== undefined && this.#byKey.get(key) === seq) this.#byKey.delete(key);
  }
}
