import type { Router } from '@koa/router';
import { json } from '../http/json.ts';
import { markRead } from '../http/request.ts';
import { parseArchiveName } from '../images/archives/names.ts';
import type { Store } from '../images/store.ts';
import { readFields, texts } from './body.ts';
import type { Resolved } from './contract.ts';

const MOST = 100;

/** Where names point now, so that what would be overwritten can be said before it is. */
export function resolveRoutes(router: Router, { ledger: { catalog } }: Store): void {
  router.post('/api/resolve', async (ctx) => {
    markRead(ctx);
    const references = texts(await readFields(ctx, ['references']), 'references', MOST);
    const resolved = references.map((reference): Resolved => {
      const target = parseArchiveName(reference);
      if (target?.tag === undefined) return { reference, name: null, digest: null };
      const { repository, tag } = target;
      const found = catalog.findRepository(repository)?.tags.get(tag);
      return { reference, name: `${repository}:${tag}`, digest: found?.digest ?? null };
    });
    json(ctx, { resolved });
  });
}
