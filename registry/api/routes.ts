import { Router } from '@koa/router';
import { RegistryError } from '../error.ts';
import { readBody } from '../http/body.ts';
import { json } from '../http/json.ts';
import type { Store } from '../images/store.ts';
import { LOG_LEVELS, type Log } from '../log.ts';
import type { Health, Stats } from './contract.ts';
import type { Metrics } from './metrics.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly version: string;
  readonly dataFolder: string;
}

/** What Berth serves beside the registry itself. docs/http-api.md */
export function apiRouter({ store, log, metrics, version, dataFolder }: ApiOptions): Router {
  const router = new Router();
  const started = Date.now();

  router.get('/healthz', (ctx) => {
    const uptimeSeconds = Math.floor((Date.now() - started) / 1000);
    const health: Health = { status: 'ok', version, uptimeSeconds, dataFolder, logLevel: log.level };
    json(ctx, health);
  });

  router.get('/_stats', (ctx) => json(ctx, readStats(store)));

  router.get('/metrics', async (ctx) => {
    const text = await metrics.text();
    ctx.set('Content-Type', metrics.contentType);
    ctx.body = Buffer.from(text);
  });

  router.put('/_log', async (ctx) => {
    log.level = parseLogLevel(await readBody(ctx, 1024));
    json(ctx, { level: log.level });
  });

  return router;
}

function readStats({ ledger: { catalog }, observations: { cacheHits, cacheMisses } }: Store): Stats {
  const repositoryDetails = catalog.sortedNames.flatMap((name) => {
    const repository = catalog.findRepository(name);
    if (repository === undefined) return [];
    const { sortedTags, imageCount, totalSize, lastPush } = repository;
    return [{ name, tags: sortedTags, imageCount, totalSize, lastPush: new Date(lastPush).toISOString() }];
  });
  const asked = cacheHits + cacheMisses;
  return {
    repositories: repositoryDetails.length,
    images: repositoryDetails.reduce((sum, { imageCount }) => sum + imageCount, 0),
    layers: { ...catalog.layers, cacheHits, cacheMisses, hitRate: asked === 0 ? 0 : cacheHits / asked },
    repositoryDetails,
  };
}

function parseLogLevel(body: Buffer) {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw new RegistryError('REQUEST_INVALID', 'The body is not JSON.', { cause: error });
  }
  const wanted = typeof value === 'object' && value !== null && 'level' in value ? value.level : undefined;
  const level = LOG_LEVELS.find((each) => each === wanted);
  if (level !== undefined) return level;
  throw new RegistryError('REQUEST_INVALID', 'The body must be {"level": ...} with a level that exists.', {
    detail: { levels: LOG_LEVELS },
  });
}
