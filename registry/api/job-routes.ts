import type { Router } from '@koa/router';
import { json } from '../http/json.ts';
import { param } from '../http/request.ts';
import type { Jobs } from './jobs.ts';
import { numberQuery } from './query.ts';

/** Seconds. A client may wait so long for a job in one request, and then ask again. */
const LONGEST_WAIT = 25;

/** What long work has come to, and how to stop it. */
export function jobRoutes(router: Router, jobs: Jobs): void {
  router.get('/api/jobs', (ctx) => json(ctx, { jobs: jobs.all }));
  router.get('/api/jobs/:job', async (ctx) => {
    const seconds = Math.min(numberQuery(ctx, 'wait') ?? 0, LONGEST_WAIT);
    json(ctx, await jobs.read(param(ctx, 'job'), seconds * 1000));
  });
  router.delete('/api/jobs/:job', async (ctx) => json(ctx, await jobs.cancel(param(ctx, 'job'))));
}
