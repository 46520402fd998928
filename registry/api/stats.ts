import type { Router } from '@koa/router';
import type { Ownership } from '../collector/ownership.ts';
import { longJson } from '../http/json.ts';
import { findAttachedTo } from '../images/attachments.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import { iso } from '../time.ts';
import type { RepositoryStats, Stats } from './contract.ts';

/** Figures of everything, as people know them from other small registries. */
export function statsRoutes(router: Router, store: Store, ownership: Ownership): void {
  router.get('/_stats', async (ctx) => longJson(ctx, await readStats(store, ownership)));
}

/** In slices: there may be very many repositories. */
async function readStats(store: Store, ownership: Ownership): Promise<Stats> {
  const { catalog } = store.ledger;
  const { cacheHits, cacheMisses } = store.observations;
  const owned = await ownership.read();
  const pace = new Pace();
  const repositoryDetails: RepositoryStats[] = [];
  for (const name of catalog.sortedNames.slice()) {
    await pace.rest();
    const repository = catalog.findRepository(name);
    if (repository === undefined || repository.isEmpty) continue;
    const { lastPush } = repository;
    const { images: imageCount, size: totalSize } = owned.get(name) ?? { images: 0, size: 0 };
    const tags = repository.sortedTags.filter((tag) => findAttachedTo(repository, tag) === undefined);
    repositoryDetails.push({ name, tags, imageCount, totalSize, lastPush: iso(lastPush) });
  }
  const asked = cacheHits + cacheMisses;
  return {
    repositories: repositoryDetails.length,
    images: repositoryDetails.reduce((sum, { imageCount }) => sum + imageCount, 0),
    layers: {
      ...catalog.content.layers,
      cacheHits,
      cacheMisses,
      hitRate: asked === 0 ? 0 : cacheHits / asked,
    },
    repositoryDetails,
  };
}
