import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import { json } from '../http/json.ts';
import { param, query, repositoryOf } from '../http/request.ts';
import { OCI_INDEX } from '../images/media-types.ts';
import { listReferrers } from '../images/referrers.ts';
import { readRepository, type Store } from '../images/store.ts';
import { parseDigest } from '../reference.ts';

/** A page is never longer, whatever a client asks for. */
const LONGEST_PAGE = 10_000;

/** `tags/list`, `_catalog`, `referrers`: everything that answers with a list. */
export function listRoutes(store: Store) {
  const { catalog } = store.ledger;
  return {
    tags(ctx: Context): void {
      const name = repositoryOf(ctx);
      const { items, link } = page(ctx, readRepository(store, name).sortedTags);
      if (link !== undefined) ctx.set('Link', link);
      json(ctx, { name, tags: items });
    },

    catalog(ctx: Context): void {
      const { items, link } = page(ctx, catalog.sortedNames);
      if (link !== undefined) ctx.set('Link', link);
      json(ctx, { repositories: items });
    },

    /** Every repository with its tags, page by page of repositories. */
    allTags(ctx: Context): void {
      const { items, link } = page(ctx, catalog.sortedNames);
      if (link !== undefined) ctx.set('Link', link);
      json(ctx, {
        repositories: items.map((name) => ({ name, tags: catalog.findRepository(name)?.sortedTags ?? [] })),
      });
    },

    /** Answers for unknown subjects too: anything else sends clients to tags named after digests. */
    async referrers(ctx: Context): Promise<void> {
      const name = repositoryOf(ctx);
      const digest = parseDigest(param(ctx, 'digest'));
      const artifactType = query(ctx, 'artifactType');
      const manifests = await listReferrers(store, name, digest, artifactType);
      if (artifactType !== undefined) ctx.set('OCI-Filters-Applied', 'artifactType');
      json(ctx, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
    },
  };
}

/** The part of a sorted list behind `last`, at most `n` long, and the address of the next part. */
function page(ctx: Context, sorted: readonly string[]): { items: readonly string[]; link?: string } {
  const last = query(ctx, 'last');
  const start = last === undefined ? 0 : firstBehind(sorted, last);
  const length = pageLength(query(ctx, 'n'));
  const items = sorted.slice(start, start + length);
  const end = items.at(-1);
  if (end === undefined || start + length >= sorted.length) return { items };
  return { items, link: `<${ctx.path}?n=${length}&last=${encodeURIComponent(end)}>; rel="next"` };
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
