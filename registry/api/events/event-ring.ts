export interface RingEntry {
  readonly seq: number;
  readonly type: string;
  /** As it is sent: the same bytes to every reader, however many wait for them. */
  readonly bytes: Buffer;
  readonly key: string | undefined;
}

const MOST_ENTRIES = 4096;
const MOST_BYTES = 4 << 20;

/** The last events, within bounds. Of those with the same key only the last is kept: it says all that counts. */
export class EventRing {
  /** By place; the oldest first. */
  readonly #entries = new Map<number, RingEntry>();
  readonly #byKey = new Map<string, number>();
  readonly #mostEntries: number;
  #bytes = 0;
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

  /** @param write makes the event, which says its own place */
  add(type: string, write: (seq: number) => string, key?: string): RingEntry {
    this.#last += 1;
    const entry = { seq: this.#last, type, bytes: Buffer.from(write(this.#last)), key };
    if (key !== undefined) {
      const before = this.#entries.get(this.#byKey.get(key) ?? -1);
      if (before !== undefined) this.#remove(before);
      this.#byKey.set(key, entry.seq);
    }
    this.#entries.set(entry.seq, entry);
    this.#bytes += entry.bytes.length;
    for (const oldest of this.#entries.values()) {
      if (this.#entries.size <= this.#mostEntries && this.#bytes <= MOST_BYTES) break;
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
    this.#bytes = 0;
    this.#floor = this.#last;
  }

  #remove({ seq, bytes, key }: RingEntry): void {
    this.#entries.delete(seq);
    this.#bytes -= bytes.length;
    if (key !== undefined && this.#byKey.get(key) === seq) this.#byKey.delete(key);
  }
}
