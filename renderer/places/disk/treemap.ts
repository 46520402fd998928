import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import type { Cell, Part } from './cells.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedCell extends Box {
  readonly cell: Cell;
  /** Whether its label has room. */
  readonly labelled: boolean;
  readonly parts: readonly (Box & { readonly part: Part })[];
}

interface Node {
  readonly cell?: Cell;
  readonly part?: Part;
  readonly bytes: number;
  readonly children?: readonly Node[];
}

const GAP = 3;
const LABEL = 22;
const LEAST_LABEL = { width: 64, height: 40 };
/** Square pixels below which a part is not worth an element. */
const LEAST_PART = 14;
/** Share of the whole that the smallest cells get together at least, so that each can be found and pointed at. */
const LEAST_TOGETHER = 0.06;
const LEAST_ALONE = 0.006;

/** Puts the cells into a rectangle: the area of each is its bytes, the largest at the upper left. */
export function placeCells(cells: readonly Cell[], width: number, height: number): readonly PlacedCell[] {
  if (width < 8 || height < 8) return [];
  const total = cells.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total === 0) return [];
  const least = total * Math.min(LEAST_ALONE, LEAST_TOGETHER / cells.length);
  const children = cells.map((cell) => nodeOf(cell, least));
  const root = hierarchy<Node>({ bytes: 0, children }, (node) => node.children as Node[] | undefined)
    .sum((node) => node.bytes)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const laid = treemap<Node>()
    .tile(treemapSquarify.ratio(1.3))
    .size([width, height])
    .round(true)
    .paddingInner((node) => (node.depth === 0 ? GAP : 1))
    .paddingTop((node) => (node.depth === 1 && fitsLabel(boxOf(node)) ? LABEL : 0))(root);
  return (laid.children ?? []).flatMap((node) => {
    const { cell } = node.data;
    if (cell === undefined) return [];
    const box = boxOf(node);
    const parts = (node.children ?? []).flatMap((child) => {
      const { part } = child.data;
      const place = boxOf(child);
      if (part === undefined || place.width * place.height < LEAST_PART) return [];
      return [{ part, ...place, x: place.x - box.x, y: place.y - box.y }];
    });
    return [{ cell, ...box, labelled: fitsLabel(box), parts }];
  });
}

function nodeOf(cell: Cell, least: number): Node {
  const bytes = Math.max(cell.bytes, least);
  const known = cell.parts.reduce((sum, part) => sum + part.bytes, 0);
  if (known === 0) return { cell, bytes };
  const factor = bytes / known;
  return { cell, bytes: 0, children: cell.parts.map((part) => ({ part, bytes: part.bytes * factor })) };
}

function boxOf({ x0, y0, x1, y1 }: { x0: number; y0: number; x1: number; y1: number }): Box {
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

const fitsLabel = ({ width, height }: Box): boolean =>
  width >= LEAST_LABEL.width && height >= LEAST_LABEL.height;

/** The box that an arrow key leads to: the nearest that begins where this one ends. */
export function boxBeside(boxes: readonly Box[], from: number, key: string): number | undefined {
  const here = boxes[from];
  if (here === undefined || !key.startsWith('Arrow')) return undefined;
  const across = key === 'ArrowLeft' || key === 'ArrowRight';
  const back = key === 'ArrowLeft' || key === 'ArrowUp';
  const start = (box: Box): number => (across ? box.x : box.y);
  const end = (box: Box): number => (across ? box.x + box.width : box.y + box.height);
  const middle = across ? here.y + here.height / 2 : here.x + here.width / 2;
  const aside = (box: Box): number => {
    const [first, last] = across ? [box.y, box.y + box.height] : [box.x, box.x + box.width];
    return Math.max(0, first - middle, middle - last);
  };
  let best: number | undefined;
  let least = Infinity;
  for (const [index, box] of boxes.entries()) {
    const gap = back ? start(here) - end(box) : start(box) - end(here);
    if (index === from || gap < 0) continue;
    // A step to the side costs more than one ahead: arrows go straight where they can.
    const distance = gap + 2 * aside(box);
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}
