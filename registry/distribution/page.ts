import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import { query } from '../http/request.ts';

/** A page is never longer, whatever a client asks for. */
const LONGEST_PAGE = 10_000;

/** The part of a sorted list behind `last`, at most `n` long. `Link` tells where the next part is. */
export function page(ctx: Context, sorted: readonly string[]): readonly string[] {
  const last = query(ctx, 'last');
  const start = last === undefined ? 0 : firstBehind(sorted, last);
  const length = pageLength(query(ctx, 'n'));
  const items = sorted.slice(start, start + length);
  const end = items.at(-1);
  if (end !== undefined && start + length < sorted.length) {
    ctx.set('Link', `<${ctx.path}?n=${length}&last=${encodeURIComponent(end)}>; rel="next"`);
  }
  return items;
}

function pageLength(n: string | undefined): number {
  if (n === undefined) return LONGEST_PAGE;
  if (/^\d+$/.test(n)) return Math.min(Number(n), LONGEST_PAGE);
  throw new RegistryError('PAGINATION_NUMBER_INVALID', 'n must be a number of entries.', {
    detail: { n: n.slice(0, 100) },
  });
}

/** Index of the first entry that sorts behind `last`. */
function firstBehind(sorted: readonly string[], last: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}
