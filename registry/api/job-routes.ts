import type { Router } from '@koa/router';
import { json } from '../http/json.ts';
import { param } from '../http/request.ts';
import type { Jobs } from './jobs.ts';

/** A client may wait so long for a job in one request, and then ask again. */
const LONGEST_WAIT_MS = 25_000;

/** What long work has come to, and how to stop it. */
export function jobRoutes(router: Router, jobs: Jobs): void {
  router.get('/api/jobs', (ctx) => json(ctx, { jobs: jobs.all }));
  router.get('/api/jobs/:job', async (ctx) => {
    const seconds = Number(ctx.query['wait'] ?? 0);
    const waitMs = Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0;
    json(ctx, await jobs.read(param(ctx, 'job'), waitMs));
  });
  router.delete('/api/jobs/:job', async (ctx) => json(ctx, await jobs.cancel(param(ctx, 'job'))));
}
