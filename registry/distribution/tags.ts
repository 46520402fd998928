import type { Context } from 'koa';
import { json } from '../http/json.ts';
import { repositoryOf } from '../http/request.ts';
import { readRepository, type Store } from '../images/store.ts';
import { page } from './page.ts';

/** `/v2/<name>/tags/list` */
export function tagRoutes(store: Store) {
  return {
    list(ctx: Context): void {
      const name = repositoryOf(ctx);
      json(ctx, { name, tags: page(ctx, readRepository(store, name).sortedTags) });
    },
  };
}
