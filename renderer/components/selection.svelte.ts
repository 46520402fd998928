/** Which rows of a list are marked, and which one the keys are at. Rows are known by their key, whatever their order. */
export class Selection {
  keys = $state.raw<ReadonlySet<string>>(new Set());
  /** Where the arrows go on from. */
  active = $state<string>();
  /** Where a range with Shift began. */
  #anchor: string | undefined;
  readonly multiple: boolean;

  constructor({ multiple = false } = {}) {
    this.multiple = multiple;
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }

  only(key: string | undefined): void {
    this.keys = new Set(key === undefined ? [] : [key]);
    this.active = key;
    this.#anchor = key;
  }

  toggle(key: string): void {
    if (!this.multiple) return this.only(key);
    const keys = new Set(this.keys);
    if (!keys.delete(key)) keys.add(key);
    this.keys = keys;
    this.active = key;
    this.#anchor = key;
  }

  /** From where the range began to `key`, in the order that is shown. */
  extend(key: string, order: readonly string[]): void {
    if (!this.multiple) return this.only(key);
    const from = this.#anchor === undefined ? -1 : order.indexOf(this.#anchor);
    const to = order.indexOf(key);
    if (to === -1) return;
    const [low, high] = from === -1 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    this.keys = new Set(order.slice(low, high + 1));
    this.active = key;
    this.#anchor ??= key;
  }

  everything(order: readonly string[]): void {
    if (this.multiple) this.keys = new Set(order);
  }

  /** Forgets what is not there any more, and marks nothing in its place: only the arrows go on from `fallback`. */
  keep(order: ReadonlySet<string>, fallback?: string): void {
    const stays = [...this.keys].filter((key) => order.has(key));
    if (stays.length !== this.keys.size) this.keys = new Set(stays);
    if (this.active !== undefined && !order.has(this.active)) this.active = fallback;
  }

  /** As a click with these modifiers marks. */
  click(
    key: string,
    order: readonly string[],
    event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean },
  ): void {
    if (event.shiftKey) this.extend(key, order);
    else if (event.ctrlKey || event.metaKey) this.toggle(key);
    else this.only(key);
  }
}
