/**
 * What the server lists, and then tells of one by one. A list that was on its way does not put back what was told
 * meanwhile.
 */
export class Roster<T extends { readonly id: string }> {
  readonly byId: Map<string, T>;
  /** Since a list was asked for. */
  readonly #told = new Set<string>();

  /** @param byId where they are kept: a SvelteMap if somebody looks at it */
  constructor(byId: Map<string, T> = new Map()) {
    this.byId = byId;
  }

  /** One, as it is now. */
  tell(one: T): void {
    this.#told.add(one.id);
    this.byId.set(one.id, one);
  }

  /** All, as they were at some moment after this was called. */
  async read(list: () => Promise<readonly T[]>): Promise<void> {
    this.#told.clear();
    const all = await list();
    const isTold = ({ id }: { readonly id: string }): boolean => this.#told.has(id);
    for (const one of this.byId.values()) if (!isTold(one)) this.byId.delete(one.id);
    for (const one of all) if (!isTold(one)) this.byId.set(one.id, one);
  }
}
