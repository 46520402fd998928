import { Router } from '@koa/router';
import { DiskMeter } from '../collector/disk-use.ts';
import { Ownership } from '../collector/ownership.ts';
import type { Reclaimer } from '../collector/reclaimer.ts';
import type { Retainer } from '../retention/retainer.ts';
import type { Verifier } from '../verify/verify.ts';
import type { Imports } from '../images/archives/imports.ts';
import type { ImageFiles } from '../images/files/image-files.ts';
import { Platforms } from '../images/platforms.ts';
import type { Store } from '../images/store.ts';
import type { Log } from '../log.ts';
import { aboutRoutes } from './about.ts';
import type { Activity } from './activity.ts';
import { deletionRoutes } from './deletions.ts';
import { digestRoutes } from './digests.ts';
import { diskRoutes } from './disk.ts';
import { eventRoutes } from './events.ts';
import { exportRoutes } from './export.ts';
import { filesRoutes } from './files.ts';
import { healthRoutes } from './health.ts';
import { historyRoutes } from './history.ts';
import { imageRoutes } from './images.ts';
import { importRoutes } from './imports.ts';
import { jobRoutes } from './job-routes.ts';
import type { Jobs } from './jobs.ts';
import type { Metrics } from './metrics.ts';
import { reclaimRoutes } from './reclaim.ts';
import { repositoryRoutes } from './repositories.ts';
import { resolveRoutes } from './resolve.ts';
import { retentionRoutes } from './retention.ts';
import { settingsRoutes } from './settings.ts';
import { statsRoutes } from './stats.ts';
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
  const { store, reclaimer, retainer, verifier, imports, imageFiles, jobs, activity } = options;
  const router = new Router();
  const ownership = new Ownership(store);
  const platforms = new Platforms(store.blobs);
  const meter = new DiskMeter(store, reclaimer);
  meter.subscribe(() => activity.announceDisk());

  aboutRoutes(router, options);
  healthRoutes(router, options);
  statsRoutes(router, store, ownership);

  repositoryRoutes(router, store, ownership);
  tagRoutes(router, store, platforms, (repository) => activity.announce(repository));
  tagSettingRoutes(router, store);
  imageRoutes(router, store, platforms);
  filesRoutes(router, store, imageFiles, jobs);
  digestRoutes(router, store);
  resolveRoutes(router, store);

  deletionRoutes(router, store);
  trashRoutes(router, store, platforms);
  historyRoutes(router, store);
  reclaimRoutes(router, store, reclaimer, jobs);
  retentionRoutes(router, store, retainer);
  diskRoutes(router, store, meter);
  verifyRoutes(router, verifier, jobs);

  importRoutes(router, store, imports, jobs);
  exportRoutes(router, store);

  eventRoutes(router, activity);
  jobRoutes(router, jobs);
  settingsRoutes(router, store);
  return router;
}
