import type { Router } from '@koa/router';
import type { DiskMeter } from '../collector/disk-use.ts';
import { readLayers } from '../collector/repository-content.ts';
import { json, longJson } from '../http/json.ts';
import { countTags } from '../images/attachments.ts';
import { readRepository, type Store } from '../images/store.ts';
import type { DiskRepository, DiskUse, RepositoryContent } from './contract.ts';
import { repositoryQuery } from './query.ts';

const MOST_LAYERS = 2000;

/** What uses the disk. */
export function diskRoutes(router: Router, store: Store, meter: DiskMeter): void {
  const { catalog } = store.ledger;

  router.get('/api/disk', async (ctx) => {
    const { content, ...figures } = await meter.read();
    const repositories: DiskRepository[] = [];
    for (const [name, share] of content.repositories) {
      const repository = catalog.findRepository(name);
      repositories.push(Object.assign({ name, tags: repository ? countTags(repository) : 0 }, share));
    }
    const use: DiskUse = {
      ...figures,
      reclaimable: content.reclaimable,
      trash: content.trash,
      pending: content.pending,
      budget: store.settings.current.budget,
      repositories,
    };
    json(ctx, use);
  });

  router.get('/api/disk/repository', async (ctx) => {
    const repository = readRepository(store, repositoryQuery(ctx, 'name'));
    const content: RepositoryContent = { layers: await readLayers(store, repository, MOST_LAYERS) };
    await longJson(ctx, content);
  });
}
