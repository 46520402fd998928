import type { Router } from '@koa/router';
import { Repository } from '../catalog/repository.ts';
import { listDeleted, listTrash, type DeletedRepository } from '../collector/trashed-images.ts';
import { Usage } from '../collector/usage.ts';
import { longJson } from '../http/json.ts';
import { query } from '../http/request.ts';
import type { Platforms } from '../images/platforms.ts';
import { readRepository, type Store } from '../images/store.ts';
import type { DeletedSummary } from './contract.ts';
import { repositoryQuery } from './query.ts';
import { describeTrash, Summaries } from './summary.ts';

/** What can be put back: of one repository, or of all that were deleted whole. */
export function trashRoutes(router: Router, store: Store, platforms: Platforms): void {
  const { catalog } = store.ledger;

  router.get('/api/trash', async (ctx) => {
    if (query(ctx, 'repository') === undefined) {
      const repositories = (await listDeleted(store)).map((each) => describeDeleted(store, each));
      return await longJson(ctx, { repositories });
    }
    const name = repositoryQuery(ctx);
    const images = await listTrash(store, name);
    // Of one that was deleted nothing else is left.
    const isDeleted = images.length > 0 && catalog.findRepository(name) === undefined;
    const repository = isDeleted ? new Repository(name) : readRepository(store, name);
    const summaries = new Summaries(store, platforms, new Usage(catalog));
    await longJson(ctx, { trash: images.map((each) => summaries.trashed(repository, each)) });
  });
}

/** The image that came last into its trash stays longest. */
function describeDeleted(store: Store, { name, images, size }: DeletedRepository): DeletedSummary {
  const [last] = images.map((each) => describeTrash(store, each));
  return { name, images: images.length, size, since: last?.since ?? '', until: last?.until ?? '' };
}
