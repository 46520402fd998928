const PAUSE_MS = 700;

/** Letters typed in quick succession, and the row that they lead to. */
export class TypeAhead {
  #typed = '';
  #at = 0;

  /** The index of the next row from `from` whose text begins with what was typed; -1 if there is none. */
  find(
    key: string,
    now: number,
    texts: { length: number; at: (index: number) => string },
    from: number,
  ): number {
    const again = now - this.#at > PAUSE_MS;
    this.#typed = again ? key.toLowerCase() : this.#typed + key.toLowerCase();
    this.#at = now;
    // The same letter over and over goes from one to the next that begins with it.
    const letter = this.#typed.charAt(0);
    const one = this.#typed === letter.repeat(this.#typed.length);
    const typed = one ? letter : this.#typed;
    const first = one ? from + 1 : Math.max(0, from);
    for (let step = 0; step < texts.length; step += 1) {
      const index = (first + step) % texts.length;
      if (texts.at(index).toLowerCase().startsWith(typed)) return index;
    }
    return -1;
  }
}
