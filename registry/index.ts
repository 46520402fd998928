import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa from 'koa';
import { version } from '../package.json';
import { checkOrigin } from './access/origin.ts';
import { createMetrics } from './api/metrics.ts';
import { apiRouter } from './api/routes.ts';
import { BlobStore } from './blobs/blob-store.ts';
import { UploadStore } from './blobs/upload-store.ts';
import { Ledger } from './catalog/ledger.ts';
import { Observations } from './catalog/observations.ts';
import { explainFolder, openDataFolder } from './disk/data-folder.ts';
import type { Lock } from './disk/lock.ts';
import { distributionRouter } from './distribution/routes.ts';
import { Listener, type Handler } from './http/listener.ts';
import { requestLog } from './http/request-log.ts';
import { errorResponder } from './http/responder.ts';
import { LayerReuse } from './images/layer-reuse.ts';
import { LayoutWriter } from './images/layout-writer.ts';
import type { SparsePolicy, Store } from './images/store.ts';
import { silentLog, type Log } from './log.ts';

export interface RegistryOptions {
  readonly dataFolder: string;
  /** Default `127.0.0.1`, which includes `::1`. */
  readonly host?: string;
  /** Default 5080; 0 picks a free one. */
  readonly port?: number;
  readonly log?: Log;
  /** Default `indexes`. */
  readonly sparse?: SparsePolicy;
  /** Milliseconds after its last byte at which an upload session ends. Default 24 hours. */
  readonly uploadLifetime?: number;
  /** Size at which a segment of the journal is closed. Default 16 MiB. */
  readonly segmentBytes?: number;
}

export interface Registry {
  /** `http://127.0.0.1:5080` */
  readonly url: string;
  /** Lets requests under way finish, at most for `graceMs` (default 10 s), and closes the data folder. */
  stop(graceMs?: number): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;
const SWEEP_MS = 600_000;

/**
 * Starts the registry. The port is taken first and the folder changed last, so that a start which fails
 * leaves everything as it was.
 *
 * @throws RegistryError PORT_TAKEN, DATA_FOLDER_UNUSABLE, JOURNAL_DAMAGED with a message for people
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { dataFolder, host = '127.0.0.1', port = 5080, log = silentLog() } = options;
  const ready = deferred<Handler>();
  const listener = await Listener.open(host, port, (request: IncomingMessage, response: ServerResponse) => {
    void ready.promise.then((handle) => handle(request, response));
  });
  let lock: Lock | undefined;
  try {
    lock = await openDataFolder(dataFolder);
    const { store, close } = await openStore(options, log);
    const handle = createApp(store, log, dataFolder).callback();
    ready.resolve((request, response) => void handle(request, response));
    return {
      url: listener.url,
      async stop(graceMs = 10_000) {
        const finished = await listener.close(graceMs);
        if (!finished) log.warn('cut requests that did not finish in time', { graceMs });
        await close();
        await lock?.release();
      },
    };
  } catch (error) {
    await listener.close(0);
    await lock?.release();
    throw explainFolder(dataFolder, error);
  }
}

async function openStore(
  options: RegistryOptions,
  log: Log,
): Promise<{ store: Store; close: () => Promise<void> }> {
  const { dataFolder, sparse = 'indexes', uploadLifetime = DAY_MS } = options;
  const closers: (() => Promise<void>)[] = [];
  /** In reverse order of opening; what fails to close must not keep the rest open. */
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) {
      await closer().catch((error: unknown) => log.error('could not close in good order', { error }));
    }
  };
  try {
    const ledger = await Ledger.open(dataFolder, log, options.segmentBytes);
    closers.push(() => ledger.close());
    const blobs = await BlobStore.open(dataFolder);
    closers.push(() => blobs.close());
    const layout = new LayoutWriter(dataFolder, ledger, log);
    closers.push(() => layout.close());
    const observations = new Observations(ledger, (error) => log.warn('could not record pulls', { error }));
    closers.push(() => observations.close());

    const uploads = new UploadStore(dataFolder, uploadLifetime);
    await uploads.removeLeftovers();
    const sweeper = sweepUploads(uploads, uploadLifetime, log);
    closers.push(async () => clearInterval(sweeper));

    const reuse = new LayerReuse(ledger.catalog, observations);
    return { store: { ledger, blobs, uploads, observations, reuse, sparse }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function sweepUploads(uploads: UploadStore, lifetime: number, log: Log): NodeJS.Timeout {
  const sweep = async (): Promise<void> => {
    try {
      const expired = await uploads.removeExpired();
      if (expired.length > 0) log.info('removed upload sessions that had expired', { expired });
    } catch (error) {
      log.error('could not remove expired uploads', { error });
    }
  };
  void sweep();
  return setInterval(() => void sweep(), Math.min(SWEEP_MS, lifetime)).unref();
}

function createApp(store: Store, log: Log, dataFolder: string): Koa {
  const metrics = createMetrics(store);
  const routers = [distributionRouter(store), apiRouter({ store, log, metrics, version, dataFolder })];
  const app = new Koa();
  // What a handler throws is answered and logged below; this is about connections that break.
  app.on('error', (error: unknown) => log.debug('a connection broke', { error }));
  app.use(requestLog(log, metrics.request));
  app.use(errorResponder(log));
  app.use(async (ctx, next) => {
    checkOrigin(ctx.req.headersDistinct['host'] ?? [], ctx.req.headers.origin);
    await next();
  });
  for (const router of routers) app.use(router.routes());
  for (const router of routers) app.use(router.allowedMethods());
  return app;
}

/** Promise.withResolvers, which Node 20 does not have. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
