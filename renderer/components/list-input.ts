import { rowAfter } from './list-keys.ts';
import type { VirtualListProps } from './list.ts';
import { TypeAhead } from './type-ahead.ts';

/** Where a list is now. */
export interface ListPlace {
  /** The keys of all rows. */
  readonly order: readonly string[];
  /** The row of the arrows, by its index; -1 if there is none. */
  readonly active: number;
  /** Rows that a page shows. */
  readonly page: number;
}

/** What keys and the mouse do to a list and its selection. */
export class ListInput<Row> {
  readonly #props: () => VirtualListProps<Row>;
  readonly #place: ListPlace;
  readonly #typeAhead = new TypeAhead();

  /** Both are read at each event. */
  constructor(props: () => VirtualListProps<Row>, place: ListPlace) {
    this.#props = props;
    this.#place = place;
  }

  press(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget || event.altKey || !this.#take(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  click(event: MouseEvent): void {
    const { selection, keyOf, onpick } = this.#props();
    const clicked = this.#rowAt(event);
    if (clicked === undefined || (event.target as Element).closest('button, a, input')) return;
    leaveText();
    selection.click(keyOf(clicked), this.#place.order, event);
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey) onpick?.(clicked);
  }

  doubleClick(event: MouseEvent): void {
    const clicked = this.#rowAt(event);
    if (clicked !== undefined) this.#props().onopen?.(clicked);
  }

  contextMenu(event: MouseEvent & { currentTarget: Element }): void {
    const { selection, keyOf, onmenu } = this.#props();
    if (onmenu === undefined) return;
    const { active } = this.#place;
    const clicked = this.#rowAt(event);
    if (clicked !== undefined && !selection.has(keyOf(clicked))) selection.only(keyOf(clicked));
    if (clicked === undefined && (event.button === 2 || active === -1)) return;
    event.preventDefault();
    if (clicked === undefined) this.#mark();
    // From the keyboard it has no place of its own.
    const box = event.currentTarget.querySelector(`[data-index="${active}"]`)?.getBoundingClientRect();
    const byKey = clicked === undefined && box !== undefined;
    const at = byKey ? { x: box.left + 24, y: box.bottom } : { x: event.clientX, y: event.clientY };
    onmenu(at, this.#marked());
  }

  #take(event: KeyboardEvent): boolean {
    const { key, shiftKey, repeat } = event;
    const { rows, selection, onkey, onabove } = this.#props();
    const { active, order, page } = this.#place;
    const mod = event.ctrlKey || event.metaKey;
    const current = rows[active];
    if (current !== undefined && onkey?.(event, current)) return true;
    if (key === 'ArrowUp' && active < 1 && !shiftKey && !mod && !repeat && onabove?.()) return true;
    const to = rowAfter(key, { count: rows.length, active, page });
    if (to !== undefined) return this.#move(to, shiftKey, mod);
    if (mod && key === 'c' && current !== undefined) return this.#copy();
    if (mod && key === 'a' && selection.multiple) selection.everything(order);
    else if (key === 'Escape' && selection.keys.size > 1) selection.only(selection.active);
    else if (!mod && /^[\w./-]$/.test(key)) return this.#type(event);
    else return current !== undefined && this.#act(key, mod, current);
    return true;
  }

  #act(key: string, mod: boolean, on: Row): boolean {
    const { selection, keyOf, onopen, onpreview, ondelete } = this.#props();
    if (key === ' ' && mod) {
      selection.toggle(keyOf(on));
      return true;
    }
    const deeds: Record<string, ((on: Row) => void) | undefined> = {
      ' ': onpreview ?? (() => undefined),
      Enter: onopen,
      Delete: ondelete,
      Backspace: ondelete,
    };
    const deed = deeds[key];
    if (deed === undefined) return false;
    this.#mark();
    deed(on);
    return true;
  }

  /** Unless text is marked anywhere, which is what the browser copies then. */
  #copy(): boolean {
    const { oncopy } = this.#props();
    if (oncopy === undefined || getSelection()?.isCollapsed === false) return false;
    this.#mark();
    oncopy(this.#marked());
    return true;
  }

  #marked(): readonly Row[] {
    const { rows, selection, keyOf } = this.#props();
    return rows.filter((row) => selection.has(keyOf(row)));
  }

  /** What is done is done with what is marked: with the row of the arrows, if nothing is. */
  #mark(): void {
    const { selection } = this.#props();
    if (selection.keys.size === 0) selection.only(selection.active);
  }

  #move(to: number, extend: boolean, mod: boolean): boolean {
    const { selection } = this.#props();
    const { order } = this.#place;
    const key = order[to];
    if (key === undefined) return false;
    leaveText();
    if (extend) selection.extend(key, order);
    else if (mod) selection.active = key;
    else selection.only(key);
    return true;
  }

  #type(event: KeyboardEvent): boolean {
    const { rows, textOf } = this.#props();
    const at = (index: number): string => textOf(rows[index] as Row);
    const found = this.#typeAhead.find(
      event.key,
      event.timeStamp,
      { length: rows.length, at },
      this.#place.active,
    );
    return found === -1 || this.#move(found, false, false);
  }

  #rowAt(event: Event): Row | undefined {
    const index = (event.target as Element).closest<HTMLElement>('[data-index]')?.dataset['index'];
    return index === undefined ? undefined : this.#props().rows[Number(index)];
  }
}

/** Whoever goes to a row means the row: rows cannot be marked as text, so that a click leaves what is marked elsewhere. */
const leaveText = (): void => getSelection()?.removeAllRanges();
