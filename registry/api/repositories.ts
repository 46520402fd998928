import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { Repository } from '../catalog/repository.ts';
import { deleteRepository, deleteUntagged } from '../collector/deletion.ts';
import type { Owned, Ownership } from '../collector/ownership.ts';
import { json, longJson } from '../http/json.ts';
import { actorOf, query } from '../http/request.ts';
import { countTags } from '../images/attachments.ts';
import { search } from '../images/search.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import { iso } from '../time.ts';
import type { RepositorySummary, SearchResult } from './contract.ts';
import { numberQuery, repositoryQuery } from './query.ts';

const HITS = 50;
const MOST_HITS = 500;
const LONGEST_QUERY = 300;

/** What came while the others were looked at. A change is announced then, too. */
const NEW: Owned = { images: 0, size: 0, exclusive: 0, trash: 0 };

/** What there is, and where; and how it goes. */
export function repositoryRoutes(router: Router, store: Store, ownership: Ownership): void {
  const { catalog } = store.ledger;

  router.get('/api/repositories', async (ctx) => {
    const owned = await ownership.read();
    const pace = new Pace();
    const repositories: RepositorySummary[] = [];
    for (const name of catalog.sortedNames.slice()) {
      const repository = catalog.findRepository(name);
      if (repository === undefined) continue;
      repositories.push({
        name,
        tags: countTags(repository),
        ...(owned.get(name) ?? NEW),
        lastPush: iso(repository.lastPush),
        lastPull: lastPull(store, repository),
      });
      await pace.rest();
    }
    await longJson(ctx, { repositories });
  });

  router.get('/api/search', async (ctx) => {
    const text = (query(ctx, 'q') ?? '').slice(0, LONGEST_QUERY);
    const { hits, total } = await search(catalog, text, limitOf(ctx));
    const result: SearchResult = {
      hits: hits.map(({ repository, tag, digest }) => ({
        repository,
        tag: tag ?? null,
        digest: digest ?? null,
      })),
      total,
    };
    await longJson(ctx, result);
  });

  router.delete('/api/repositories', async (ctx) => {
    json(ctx, await deleteRepository(store, repositoryQuery(ctx, 'name'), actorOf(ctx)));
  });

  router.delete('/api/repositories/untagged', async (ctx) => {
    json(ctx, await deleteUntagged(store, repositoryQuery(ctx, 'name'), actorOf(ctx)));
  });
}

function lastPull({ observations }: Store, { manifests }: Repository): string | null {
  let last = 0;
  for (const manifest of manifests.values()) last = Math.max(last, observations.lastPull(manifest) ?? 0);
  return last === 0 ? null : iso(last);
}

const limitOf = (ctx: Context): number => Math.min(numberQuery(ctx, 'limit') ?? HITS, MOST_HITS);
