import Koa, { type Middleware } from 'koa';
import { version } from '../package.json';
import { carriesToken, checkFetchSite, checkOrigin } from './access/origin.ts';
import { createMetrics } from './api/metrics.ts';
import { apiRouter, type ApiOptions } from './api/routes.ts';
import { observeTransfers } from './api/transfers/observe.ts';
import { distributionRouter } from './distribution/routes.ts';
import { markWindow } from './http/request.ts';
import { requestLog } from './http/request-log.ts';
import { errorResponder } from './http/responder.ts';
import { serveWindow, type WindowFiles } from './http/window.ts';

export interface AppParts extends Omit<ApiOptions, 'metrics' | 'version'> {
  readonly files: WindowFiles;
  /** What the desktop app sends with its window's requests. */
  readonly token: string | undefined;
}

/** Everything between a socket and the domain, in the order in which a request meets it. */
export function createApp(parts: AppParts): Koa {
  const { store, log, files, token } = parts;
  const metrics = createMetrics(store);
  const routers = [distributionRouter(store), apiRouter({ ...parts, metrics, version })];
  const app = new Koa();
  // What a handler throws is answered and logged below; this is about connections that break.
  app.on('error', (error: unknown) => log.debug('a connection broke', { error }));
  app.use(requestLog(log, metrics.request));
  app.use(errorResponder(log));
  app.use(guard(files, token));
  app.use(serveWindow(files));
  app.use(observeTransfers(parts.activity.transfers, store.ledger.catalog));
  for (const router of routers) app.use(router.routes());
  for (const router of routers) app.use(router.allowedMethods());
  return app;
}

/** Lets in programs and Berth's own window, and says in every answer that no other page may use it. */
function guard(files: WindowFiles, token: string | undefined): Middleware {
  return async (ctx, next) => {
    ctx.set({ 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin' });
    const { headers, headersDistinct } = ctx.req;
    const isDesktop = carriesToken(headers.authorization, token);
    checkOrigin(headersDistinct['host'] ?? [], headers.origin, isDesktop);
    const site = headersDistinct['sec-fetch-site']?.[0];
    if (isDesktop || site === 'same-origin') markWindow(ctx);
    if (!isDesktop && site !== undefined) {
      const [mode] = headersDistinct['sec-fetch-mode'] ?? [];
      const [destination] = headersDistinct['sec-fetch-dest'] ?? [];
      const isPage = ctx.method === 'GET' && files.isPage(ctx.path);
      checkFetchSite({ site, mode, destination }, isPage);
    }
    await next();
  };
}
