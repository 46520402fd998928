interface Entry<T> {
  readonly time: number;
  readonly value: T;
}

/** Hands out the oldest of what is in it. A heap, because sorting very many at once would hold up pulls. */
export class OldestFirst<T> {
  readonly #heap: Entry<T>[] = [];

  /** @param time milliseconds since 1970 */
  add(time: number, value: T): void {
    let at = this.#heap.push({ time, value }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#time(parent) <= this.#time(at)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  take(): T | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (last === undefined || first === undefined || this.#heap.length === 0) return first?.value;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const child = this.#time(left + 1) < this.#time(left) ? left + 1 : left;
      if (this.#time(at) <= this.#time(child)) return first.value;
      this.#swap(at, child);
      at = child;
    }
  }

  #time(at: number): number {
    return this.#heap[at]?.time ?? Infinity;
  }

  #swap(one: number, other: number): void {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first === undefined || second === undefined) return;
    this.#heap[one] = second;
    this.#heap[other] = first;
  }
}
