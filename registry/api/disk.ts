import type { Router } from '@koa/router';
import type { DiskMeter } from '../collector/disk-use.ts';
import type { Ownership } from '../collector/ownership.ts';
import { readLayers } from '../collector/repository-content.ts';
import { json, longJson } from '../http/json.ts';
import { readRepository, type Store } from '../images/store.ts';
import { repositoryQuery } from './body.ts';
import type { DiskRepository, DiskUse, RepositoryContent } from './contract.ts';

const MOST_LAYERS = 2000;

/** What uses the disk. */
export function diskRoutes(router: Router, store: Store, meter: DiskMeter, ownership: Ownership): void {
  const { catalog } = store.ledger;

  router.get('/api/disk', async (ctx) => {
    const [{ total, free, parts, reclaimable, trash }, owned] = await Promise.all([
      meter.read(),
      ownership.read(),
    ]);
    const repositories: DiskRepository[] = [];
    for (const [name, { exclusive, size }] of owned) {
      repositories.push({
        name,
        exclusive,
        shared: size - exclusive,
        tags: catalog.findRepository(name)?.tags.size ?? 0,
      });
    }
    const use: DiskUse = {
      total,
      free,
      used: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0),
      parts,
      reclaimable,
      trash,
      budget: store.settings.current.budget,
      repositories,
    };
    json(ctx, use);
  });

  router.get('/api/disk/repository', async (ctx) => {
    const repository = readRepository(store, repositoryQuery(ctx, 'name'));
    const content: RepositoryContent = { layers: await readLayers(catalog, repository, MOST_LAYERS) };
    await longJson(ctx, content);
  });
}
