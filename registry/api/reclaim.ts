import type { Router } from '@koa/router';
import type { Reclaimer } from '../collector/reclaimer.ts';
import type { ReclaimPlan } from '../collector/reclaim.ts';
import { findSharing } from '../collector/sharing.ts';
import { findLostTags } from '../collector/trashed-images.ts';
import { readRepositoryUsage, readUsage, Usage } from '../collector/usage.ts';
import { json, longJson } from '../http/json.ts';
import { markRead, query } from '../http/request.ts';
import { unknownManifest } from '../images/manifests.ts';
import { readRepository, type Store } from '../images/store.ts';
import { iso } from '../time.ts';
import { optional, readFields } from './body.ts';
import type { ReclaimPreview, ReclaimResult } from './contract.ts';
import type { Jobs } from './jobs.ts';
import { flag, repositoryQuery, tagQuery } from './query.ts';

/** Those who share with an image are many where a base image is popular; the largest tell enough. */
const MOST_SHARING = 50;

/** Enough to know an image by. */
const MOST_TAGS = 5;

/** How to get the disk back, and what uses it. */
export function reclaimRoutes(router: Router, store: Store, reclaimer: Reclaimer, jobs: Jobs): void {
  router.get('/_gc', async (ctx) => {
    await longJson(ctx, await preview(store, await reclaimer.plan(flag(ctx, 'empty-trash'))));
  });

  /** Answers when it is done; a client that goes away does not stop it. */
  router.post('/_gc', async (ctx) => {
    const fields = await readFields(ctx, ['emptyTrash', 'dryRun']);
    const emptyTrash = optional<boolean>(fields, 'emptyTrash', 'boolean') ?? flag(ctx, 'empty-trash');
    const dryRun = optional<boolean>(fields, 'dryRun', 'boolean') ?? flag(ctx, 'dry-run');
    if (dryRun) markRead(ctx);
    if (dryRun) return await longJson(ctx, await preview(store, await reclaimer.plan(emptyTrash)));
    const result: ReclaimResult = await reclaimer.run(emptyTrash);
    json(ctx, result);
  });

  router.post('/api/reclaim', async (ctx) => {
    const emptyTrash =
      optional<boolean>(await readFields(ctx, ['emptyTrash']), 'emptyTrash', 'boolean') ?? false;
    const job = jobs.start('reclaim', '', ({ signal, progress }) =>
      reclaimer.run(emptyTrash, ({ done, total }) => progress(done, total), signal),
    );
    json(ctx, job);
    ctx.status = 202;
  });

  router.get('/api/usage', async (ctx) => {
    const { catalog } = store.ledger;
    if (query(ctx, 'repository') === undefined) {
      return await longJson(ctx, { repositories: await readUsage(catalog) });
    }
    const repository = readRepository(store, repositoryQuery(ctx));
    const tag = tagQuery(ctx);
    if (tag === undefined) return await longJson(ctx, await readRepositoryUsage(catalog, repository));
    const digest = repository.tags.get(tag)?.digest;
    if (digest === undefined) throw unknownManifest(repository.name, tag);
    const usage = new Usage(catalog);
    const manifests = usage.goingWith(repository, tag);
    json(ctx, {
      repository: repository.name,
      tag,
      digest,
      size: repository.sizeOf(digest),
      exclusive: usage.bytesOnlyOf(manifests),
      sharedWith: await findSharing(catalog, { repository, digest, tag }, manifests, MOST_SHARING),
    });
  });
}

async function preview({ ledger }: Store, plan: ReclaimPlan): Promise<ReclaimPreview> {
  const { repositories, content, bytes, uploads, stays, trashBytes, problems } = plan;
  const items: ReclaimPreview['items'][number][] = [];
  for (const { repository, drops } of repositories) {
    const digests = drops.map(({ digest }) => digest);
    const tagsOf = await findLostTags(ledger, repository, digests);
    for (const { kind, digest, reason, since } of drops) {
      const tags = (tagsOf.get(digest) ?? []).slice(0, MOST_TAGS);
      items.push({ repository, kind, digest, tags, reason, since: iso(since) });
    }
  }
  const expiredUploads = uploads.expired.count;
  return { items, content, bytes, expiredUploads, uploads: uploads.open, stays, trashBytes, problems };
}
