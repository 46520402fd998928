import type { Router } from '@koa/router';
import { RegistryError } from '../error.ts';
import { json } from '../http/json.ts';
import { LOG_LEVELS, type Log, type LogLevel } from '../log.ts';
import { readFields } from './body.ts';
import type { Health } from './contract.ts';
import type { Metrics } from './metrics.ts';

export interface HealthOptions {
  readonly version: string;
  readonly dataFolder: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Whether it runs, and how: for programs that watch it. */
export function healthRoutes(router: Router, { version, dataFolder, log, metrics }: HealthOptions): void {
  const started = Date.now();

  // For programs, and where no window was built.
  router.get('/', (ctx) => json(ctx, { name: 'Berth', version, registry: '/v2/', api: '/api/about' }));

  router.get('/healthz', (ctx) => {
    const uptimeSeconds = Math.floor((Date.now() - started) / 1000);
    const health: Health = { status: 'ok', version, uptimeSeconds, dataFolder, logLevel: log.level };
    json(ctx, health);
  });

  router.get('/metrics', async (ctx) => {
    const text = await metrics.text();
    ctx.set('Content-Type', metrics.contentType);
    ctx.body = Buffer.from(text);
  });

  router.put('/_log', async (ctx) => {
    log.level = parseLogLevel((await readFields(ctx, ['level']))['level']);
    json(ctx, { level: log.level });
  });
}

function parseLogLevel(wanted: unknown): LogLevel {
  const level = LOG_LEVELS.find((each) => each === wanted);
  if (level !== undefined) return level;
  throw new RegistryError('REQUEST_INVALID', 'The body must be {"level": ...} with a level that exists.', {
    detail: { levels: LOG_LEVELS },
  });
}
