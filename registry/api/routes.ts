import { Router } from '@koa/router';
import { DiskMeter } from '../collector/disk-use.ts';
import { Ownership } from '../collector/ownership.ts';
import type { Reclaimer } from '../collector/reclaimer.ts';
import type { Retainer } from '../retention/retainer.ts';
import { iso } from '../time.ts';
import type { Verifier } from '../verify/verify.ts';
import { RegistryError } from '../error.ts';
import { param } from '../http/request.ts';
import { json, longJson } from '../http/json.ts';
import { findAttachedTo } from '../images/attachments.ts';
import type { Imports } from '../images/archives/imports.ts';
import type { ImageFiles } from '../images/files/image-files.ts';
import { Platforms } from '../images/platforms.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import { LOG_LEVELS, type Log } from '../log.ts';
import { aboutRoutes } from './about.ts';
import type { Activity } from './activity.ts';
import { readFields } from './body.ts';
import type { Health, RepositoryStats, Stats } from './contract.ts';
import { deletionRoutes } from './deletions.ts';
import { digestRoutes } from './digests.ts';
import { diskRoutes } from './disk.ts';
import { eventRoutes } from './events.ts';
import { exportRoutes } from './export.ts';
import { filesRoutes } from './files.ts';
import { historyRoutes } from './history.ts';
import { imageRoutes } from './images.ts';
import { importRoutes } from './imports.ts';
import type { Jobs } from './jobs.ts';
import type { Metrics } from './metrics.ts';
import { reclaimRoutes } from './reclaim.ts';
import { repositoryRoutes } from './repositories.ts';
import { resolveRoutes } from './resolve.ts';
import { retentionRoutes } from './retention.ts';
import { settingsRoutes } from './settings.ts';
import { tagSettingRoutes } from './tag-settings.ts';
import { tagRoutes } from './tags.ts';
import { trashRoutes } from './trash.ts';
import { verifyRoutes } from './verify.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly reclaimer: Reclaimer;
  readonly retainer: Retainer;
  readonly verifier: Verifier;
  readonly imports: Imports;
  readonly imageFiles: ImageFiles;
  readonly jobs: Jobs;
  readonly activity: Activity;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly version: string;
  readonly dataFolder: string;
  /** Where it listens. */
  readonly url: string;
}

/** What Berth serves beside the registry itself. docs/http-api.md */
export function apiRouter(options: ApiOptions): Router {
  const { store, reclaimer, retainer, verifier, imports, imageFiles, jobs, activity, log, metrics } = options;
  const { version, dataFolder } = options;
  const router = new Router();
  const started = Date.now();

  // For programs, and where no window was built.
  router.get('/', (ctx) => json(ctx, { name: 'Berth', version, registry: '/v2/', api: '/api/about' }));

  router.get('/healthz', (ctx) => {
    const uptimeSeconds = Math.floor((Date.now() - started) / 1000);
    const health: Health = { status: 'ok', version, uptimeSeconds, dataFolder, logLevel: log.level };
    json(ctx, health);
  });

  const ownership = new Ownership(store);
  router.get('/_stats', async (ctx) => longJson(ctx, await readStats(store, ownership)));

  router.get('/metrics', async (ctx) => {
    const text = await metrics.text();
    ctx.set('Content-Type', metrics.contentType);
    ctx.body = Buffer.from(text);
  });

  router.put('/_log', async (ctx) => {
    log.level = parseLogLevel((await readFields(ctx))['level']);
    json(ctx, { level: log.level });
  });

  exportRoutes(router, store);
  const platforms = new Platforms(store.blobs);
  aboutRoutes(router, options);
  repositoryRoutes(router, store, ownership);
  tagRoutes(router, store, platforms, (repository) => activity.announce(repository));
  trashRoutes(router, store, platforms);
  tagSettingRoutes(router, store);
  imageRoutes(router, store, platforms);
  deletionRoutes(router, store);
  digestRoutes(router, store);
  eventRoutes(router, activity);
  const meter = new DiskMeter(store, reclaimer);
  meter.subscribe(() => activity.announceDisk());
  diskRoutes(router, store, meter);
  filesRoutes(router, store, imageFiles, jobs);
  historyRoutes(router, store);
  importRoutes(router, store, imports, jobs);
  reclaimRoutes(router, store, reclaimer, jobs);
  resolveRoutes(router, store);
  retentionRoutes(router, store, retainer);
  settingsRoutes(router, store);
  verifyRoutes(router, verifier, jobs);
  jobRoutes(router, jobs);
  return router;
}

/** A client may wait so long for a job in one request, and then ask again. */
const LONGEST_WAIT_MS = 25_000;

function jobRoutes(router: Router, jobs: Jobs): void {
  router.get('/api/jobs', (ctx) => json(ctx, { jobs: jobs.all }));
  router.get('/api/jobs/:job', async (ctx) => {
    const seconds = Number(ctx.query['wait'] ?? 0);
    const waitMs = Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0;
    json(ctx, await jobs.read(param(ctx, 'job'), waitMs));
  });
  router.delete('/api/jobs/:job', async (ctx) => json(ctx, await jobs.cancel(param(ctx, 'job'))));
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

function parseLogLevel(wanted: unknown) {
  const level = LOG_LEVELS.find((each) => each === wanted);
  if (level !== undefined) return level;
  throw new RegistryError('REQUEST_INVALID', 'The body must be {"level": ...} with a level that exists.', {
    detail: { levels: LOG_LEVELS },
  });
}
