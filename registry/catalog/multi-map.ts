/**
 * Several values to a key. One value alone costs no set of its own, and none at all no map: that is how it nearly
 * always is, and each repository has several of these.
 */
export class MultiMap<K, V extends string | object> {
  #values: Map<K, V | Set<V>> | undefined;

  has(key: K): boolean {
    return this.#values?.has(key) ?? false;
  }

  get(key: K): Iterable<V> {
    const found = this.#values?.get(key);
    if (found === undefined) return [];
    return found instanceof Set ? found : [found];
  }

  count(key: K): number {
    const found = this.#values?.get(key);
    if (found === undefined) return 0;
    return found instanceof Set ? found.size : 1;
  }

  add(key: K, value: V): void {
    const values = (this.#values ??= new Map());
    const found = values.get(key);
    if (found === undefined) values.set(key, value);
    else if (found instanceof Set) found.add(value);
    else if (found !== value) values.set(key, new Set([found, value]));
  }

  delete(key: K, value: V): void {
    const found = this.#values?.get(key);
    if (found === value) this.#values?.delete(key);
    else if (found instanceof Set && found.delete(value) && found.size === 0) this.#values?.delete(key);
  }
}
