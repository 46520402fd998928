import { arch, platform, release } from 'node:os';
import type { Router } from '@koa/router';
import { json } from '../http/json.ts';
import type { Log } from '../log.ts';
import type { About } from './contract.ts';

export interface AboutOptions {
  readonly version: string;
  readonly dataFolder: string;
  /** Where it listens: `http://127.0.0.1:5080`. */
  readonly url: string;
  readonly log: Log;
}

/** What runs here, and how it is reached. */
export function aboutRoutes(router: Router, { version, dataFolder, url, log }: AboutOptions): void {
  const startedAt = new Date().toISOString();
  router.get('/api/about', (ctx) => {
    const about: About = {
      version,
      node: process.versions.node,
      platform: `${platform()} ${release()} ${arch()}`,
      dataFolder,
      url,
      address: addressOf(url),
      startedAt,
      logLevel: log.level,
    };
    json(ctx, about);
  });
}

/** Clients know `localhost` as a registry without TLS, and people know it by heart. */
function addressOf(url: string): string {
  const { hostname, host, port } = new URL(url);
  const isLoopback = hostname.startsWith('127.') || hostname === '[::1]' || hostname === 'localhost';
  return isLoopback ? `localhost${port === '' ? '' : `:${port}`}` : host;
}
