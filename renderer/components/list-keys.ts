export interface ListView {
  readonly count: number;
  /** -1 before the first key. */
  readonly active: number;
  /** Rows that a page shows. */
  readonly page: number;
}

/** The row that a key leads to; undefined if it leads to none. */
export function rowAfter(key: string, { count, active, page }: ListView): number | undefined {
  const target = {
    ArrowDown: active + 1,
    ArrowUp: active === -1 ? count - 1 : active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: count - 1,
  }[key];
  if (target === undefined || count === 0) return undefined;
  return Math.max(0, Math.min(count - 1, target));
}

/** Where to scroll so that a row is wholly seen, moving as little as possible. */
export function scrollFor(
  index: number,
  { row, top, height, header }: { row: number; top: number; height: number; header: number },
): number {
  const start = index * row;
  if (start < top) return start;
  const end = start + row + header;
  return end > top + height ? end - height : top;
}
