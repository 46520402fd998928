import type { Context } from 'koa';
import { json } from '../http/json.ts';
import type { Store } from '../images/store.ts';
import { page } from './page.ts';

/** `/v2/_catalog`, and the list of all tags that other small registries have */
export function catalogRoutes({ ledger: { catalog } }: Store) {
  return {
    list(ctx: Context): void {
      json(ctx, { repositories: page(ctx, catalog.sortedNames) });
    },

    /** Every repository with its tags, page by page of repositories. */
    listTags(ctx: Context): void {
      const repositories = page(ctx, catalog.sortedNames).map((name) => ({
        name,
        tags: catalog.findRepository(name)?.sortedTags ?? [],
      }));
      json(ctx, { repositories });
    },
  };
}
