import type { HTMLAttributes } from 'svelte/elements';
import type { Point } from './menus.svelte.ts';
import type { Selection } from './selection.svelte.ts';

export interface RowState {
  readonly index: number;
  readonly selected: boolean;
  /** Where the arrow keys are. */
  readonly active: boolean;
}

/** A list of rows of one height, of which only those in sight exist; 50,000 are no trouble. */
export interface VirtualListProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  /** Of one row only, and the same as long as it is that row. */
  readonly keyOf: (row: Row) => string;
  /** What typing finds it by. */
  readonly textOf: (row: Row) => string;
  readonly selection: Selection;
  readonly role?: 'listbox' | 'grid' | 'tree';
  readonly height?: number;
  /** `grid-template-columns` of a table, as `--columns`. */
  readonly columns?: string | undefined;
  readonly attributesOf?: (row: Row) => HTMLAttributes<HTMLElement>;
  /** Enter and a double click. */
  readonly onopen?: ((row: Row) => void) | undefined;
  /** A plain click, where one is enough to open. */
  readonly onpick?: ((row: Row) => void) | undefined;
  /** Space. */
  readonly onpreview?: ((row: Row) => void) | undefined;
  /** Delete and Backspace, for all that is selected. */
  readonly ondelete?: (() => void) | undefined;
  /** The second mouse button and the menu key, for all that is selected. */
  readonly onmenu?: ((at: Point, rows: readonly Row[]) => void) | undefined;
  /** Ctrl/Cmd-C, for all that is selected. */
  readonly oncopy?: ((rows: readonly Row[]) => void) | undefined;
  /** Other keys of the active row, before the list's own; true if it took the key. */
  readonly onkey?: ((event: KeyboardEvent, row: Row) => boolean) | undefined;
  /** The up arrow in the first row; true if there is something above it. */
  readonly onabove?: (() => boolean) | undefined;
  /** What is in sight stays in its place when rows come above it. */
  readonly steady?: boolean;
  /** Which rows are in sight, from the first to the last. */
  readonly onsight?: ((first: number, last: number) => void) | undefined;
  element?: HTMLElement | undefined;
}

export interface Column {
  readonly id: string;
  readonly title: string;
  /** Of a grid's track: `80px`, `minmax(120px, 1fr)`. */
  readonly width: string;
  readonly align?: 'end';
  /** Whether its heading sorts; the first time in this direction. */
  readonly sort?: 'up' | 'down';
  /** Left out where the table is narrower than this many pixels; what is `Infinity` is only there to sort by. */
  readonly from?: number;
}

export interface Sort {
  readonly by: string;
  readonly descending: boolean;
}

export const directionOf = (sort: Pick<Sort, 'descending'> | undefined): 'ascending' | 'descending' =>
  sort?.descending ? 'descending' : 'ascending';
