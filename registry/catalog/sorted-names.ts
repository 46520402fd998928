/** So many changes are made one by one; more of them are made in one pass. */
const FEW = 32;

/** Names in lexical order. Sorted when first asked for; what changes from then on, when asked again. */
export class SortedNames {
  readonly #source: () => Iterable<string>;
  #names: string[] | undefined;
  /** Names that came or went since, and whether they are there now. */
  readonly #changed = new Map<string, boolean>();

  /** @param source all names, in any order */
  constructor(source: () => Iterable<string>) {
    this.#source = source;
  }

  get all(): readonly string[] {
    this.#names ??= [...this.#source()].sort();
    if (this.#changed.size <= FEW) for (const [name, isThere] of this.#changed) this.#change(name, isThere);
    else this.#names = this.#merge(this.#names);
    this.#changed.clear();
    return this.#names;
  }

  add(name: string): void {
    this.#note(name, true);
  }

  delete(name: string): void {
    this.#note(name, false);
  }

  #note(name: string, isThere: boolean): void {
    if (this.#names === undefined) return;
    this.#changed.set(name, isThere);
    // Nobody asks any more.
    if (this.#changed.size <= 2 * this.#names.length + FEW) return;
    this.#names = undefined;
    this.#changed.clear();
  }

  #change(name: string, isThere: boolean): void {
    const names = this.#names ?? [];
    const at = this.#firstNotBefore(name);
    const wasThere = names[at] === name;
    if (isThere && !wasThere) names.splice(at, 0, name);
    if (!isThere && wasThere) names.splice(at, 1);
  }

  #merge(names: readonly string[]): string[] {
    const added = [...this.#changed.keys()].filter((name) => this.#changed.get(name) === true).sort();
    const merged: string[] = [];
    let next = 0;
    for (const name of names) {
      if (this.#changed.has(name)) continue;
      for (; (added[next] ?? name) < name; next += 1) merged.push(added[next] ?? '');
      merged.push(name);
    }
    return merged.concat(added.slice(next));
  }

  #firstNotBefore(name: string): number {
    const names = this.#names ?? [];
    let low = 0;
    let high = names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((names[middle] ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
