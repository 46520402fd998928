/** Several values to a key. One value alone costs no set of its own: that is how it nearly always is. */
export class MultiMap<K, V extends string | object> {
  readonly #values = new Map<K, V | Set<V>>();

  has(key: K): boolean {
    return this.#values.has(key);
  }

  get(key: K): Iterable<V> {
    const found = this.#values.get(key);
    if (found === undefined) return [];
    return found instanceof Set ? found : [found];
  }

  count(key: K): number {
    const found = this.#values.get(key);
    if (found === undefined) return 0;
    return found instanceof Set ? found.size : 1;
  }

  add(key: K, value: V): void {
    const found = this.#values.get(key);
    if (found === undefined) this.#values.set(key, value);
    else if (found instanceof Set) found.add(value);
    else if (found !== value) this.#values.set(key, new Set([found, value]));
  }

  delete(key: K, value: V): void {
    const found = this.#values.get(key);
    if (found === value) this.#values.delete(key);
    else if (found instanceof Set && found.delete(value) && found.size === 0) this.#values.delete(key);
  }
}
