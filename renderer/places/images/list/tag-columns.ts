import type { Column } from '../../../components/list.ts';

/** In one line each; in two where that leaves no room for the tag; without a column for the push if that is too much. */
export type TagLayout = 'lines' | 'two' | 'narrow';

const TWO_BELOW = 460;
const NARROW_BELOW = 350;

const LINES: readonly Column[] = [
  { id: 'tag', title: 'Tag', width: 'minmax(110px, 1fr)', sort: 'up' },
  { id: 'platforms', title: 'Platforms', width: 'minmax(82px, 0.4fr)' },
  { id: 'size', title: 'Size', width: '64px', align: 'end', sort: 'down' },
  { id: 'exclusive', title: 'Own', width: '64px', align: 'end', sort: 'down' },
  { id: 'pushed', title: 'Pushed', width: '74px', align: 'end', sort: 'down' },
  { id: 'pulled', title: 'Pulled', width: '74px', align: 'end', sort: 'down', from: 680 },
];

const TWO: readonly Column[] = [
  { id: 'tag', title: 'Tag', width: 'minmax(0, 1fr)', sort: 'up' },
  { id: 'size', title: 'Size', width: '76px', align: 'end', sort: 'down' },
  { id: 'pushed', title: 'Pushed', width: '74px', align: 'end', sort: 'down', from: NARROW_BELOW },
  { id: 'exclusive', title: 'Own', width: '', sort: 'down', from: Infinity },
  { id: 'pulled', title: 'Pulled', width: '', sort: 'down', from: Infinity },
];

/** @param width of the list in pixels; 0 before it is measured */
export function tagColumns(width: number): {
  readonly layout: TagLayout;
  readonly columns: readonly Column[];
  /** Of a row, in pixels. */
  readonly height: number;
} {
  if (width === 0 || width >= TWO_BELOW) return { layout: 'lines', columns: LINES, height: 28 };
  return { layout: width < NARROW_BELOW ? 'narrow' : 'two', columns: TWO, height: 44 };
}
