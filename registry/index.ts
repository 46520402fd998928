import type { IncomingMessage, ServerResponse } from 'node:http';
import { version } from '../package.json';
import { Activity } from './api/activity.ts';
import { Jobs } from './api/jobs.ts';
import { LogLines } from './api/log-lines.ts';
import { createApp } from './app.ts';
import { BlobStore } from './blobs/blob-store.ts';
import { readLayoutSeq } from './blobs/layout.ts';
import { Budget } from './blobs/budget.ts';
import { Leases } from './blobs/leases.ts';
import { measure } from './blobs/measure.ts';
import { UploadStore } from './blobs/upload-store.ts';
import { collectGarbage } from './catalog/collect-garbage.ts';
import { Ledger } from './catalog/ledger.ts';
import { Observations } from './catalog/observations.ts';
import { Reclaimer } from './collector/reclaimer.ts';
import { RoomMaker } from './retention/room-maker.ts';
import { Retainer } from './retention/retainer.ts';
import { DAY_MS } from './time.ts';
import { Verifier } from './verify/verify.ts';
import { explainFolder, openDataFolder } from './disk/data-folder.ts';
import { Space } from './disk/space.ts';
import type { Lock } from './disk/lock.ts';
import { SettingsStore } from './disk/settings-store.ts';
import { Listener, type Handler } from './http/listener.ts';
import { WindowFiles } from './http/window.ts';
import { Imports } from './images/archives/imports.ts';
import { ImageFiles } from './images/files/image-files.ts';
import { LayerReuse } from './images/layer-reuse.ts';
import { LayoutWriter } from './images/layout-writer.ts';
import type { SparsePolicy, Store } from './images/store.ts';
import { silentLog, type Log } from './log.ts';
import { Maintenance } from './maintenance.ts';
import type { Digest } from './reference.ts';
import type { Settings } from './settings.ts';

// What the desktop app needs beside the registry itself.
export { openArchive } from './cli/archive-source.ts';
export { RegistryError } from './error.ts';
export { WindowFiles } from './http/window.ts';
export { formatText, type Log, type LogFields, type LogLevel } from './log.ts';
export { repairDataFolder, type RepairReport } from './repair/repair.ts';
export { formatBytes } from './size.ts';

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
  /** Count instead of what the data folder says, until somebody changes them. */
  readonly settings?: Partial<Settings>;
  /** Size at which a segment of the journal is closed. Default 16 MiB. */
  readonly segmentBytes?: number;
  /** The built window, to be served at `/`. */
  readonly windowFolder?: string;
  /** What the desktop app sends as `Authorization: Bearer` with the requests of its window. */
  readonly window?: { readonly token: string };
}

export interface Registry {
  /** `http://127.0.0.1:5080` */
  readonly url: string;
  /** Does now what is done by itself every `reclaimMinutes`: retention, reclaim and compaction. */
  maintain(): Promise<void>;
  /** Lets requests under way finish, at most for `graceMs` (default 10 s), and closes the data folder. */
  stop(graceMs?: number): Promise<void>;
}

/** Pieces of content from which on it is worth the time to tidy up after reading what is known of them. */
const MANY = 10_000;

const SWEEP_MS = 600_000;

/**
 * Starts the registry. The port is taken first and the folder changed last, so that a start which fails
 * leaves everything as it was.
 *
 * @throws RegistryError PORT_TAKEN, DATA_FOLDER_UNUSABLE, JOURNAL_DAMAGED with a message for people
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { dataFolder, host = '127.0.0.1', port = 5080 } = options;
  const lines = new LogLines();
  const log = lines.tap(options.log ?? silentLog());
  const ready = deferred<Handler>();
  const listener = await Listener.open(host, port, (request: IncomingMessage, response: ServerResponse) => {
    void ready.promise.then((handle) => handle(request, response));
  });
  let lock: Lock | undefined;
  try {
    lock = await openDataFolder(dataFolder);
    const { store, close } = await openStore(options, log);
    const jobs = new Jobs(log);
    const reclaimer = new Reclaimer(store, () => store.settings.current.undoDays);
    const retainer = new Retainer(store);
    const roomMaker = new RoomMaker(store, retainer, reclaimer);
    store.budget.makeRoomWith((over, wanted) => roomMaker.run(over, wanted));
    const verifier = new Verifier(store);
    const imports = await Imports.open(store, dataFolder, options.uploadLifetime ?? DAY_MS);
    const imageFiles = new ImageFiles(store);
    const activity = new Activity({ store, jobs, lines, version });
    const parts = {
      store,
      reclaimer,
      retainer,
      roomMaker,
      verifier,
      imports,
      imageFiles,
      jobs,
      activity,
      log,
      dataFolder,
    };
    const files = await WindowFiles.read(options.windowFolder);
    const handle = createApp({ ...parts, url: listener.url, files, token: options.window?.token }).callback();
    const maintenance = await Maintenance.start(parts);
    ready.resolve((request, response) => void handle(request, response));
    return {
      url: listener.url,
      maintain: () => maintenance.reclaim(),
      async stop(graceMs = 10_000) {
        // Streams of events would not end by themselves, nor would who waits for a job before that does.
        activity.close();
        jobs.endWaits();
        const finished = await listener.close(graceMs);
        if (!finished) log.warn('cut requests that did not finish in time', { graceMs });
        await Promise.all([maintenance.close(), reclaimer.close(), retainer.close()]);
        await jobs.close();
        await imports.close();
        await verifier.close();
        await imageFiles.close();
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
    const settings = await SettingsStore.open(dataFolder, options.settings);
    const atLeast = await readLayoutSeq(dataFolder);
    const ledger = await Ledger.open(dataFolder, log, { segmentBytes: options.segmentBytes, atLeast });
    closers.push(() => ledger.close());
    if (ledger.catalog.content.size > MANY) collectGarbage();
    const space = new Space(dataFolder, () => settings.current.reserve);
    const budget = new Budget(() => settings.current.budget);
    const onDamaged = (digest: Digest): void =>
      log.error('content was damaged and is quarantined; push it again', { digest });
    const blobs = await BlobStore.open(dataFolder, space, onDamaged, budget);
    closers.push(() => blobs.close());
    const layout = new LayoutWriter(dataFolder, ledger, log);
    closers.push(() => layout.close());
    const observations = new Observations(ledger, (error) => log.warn('could not record pulls', { error }));
    closers.push(() => observations.close());

    const uploads = new UploadStore(dataFolder, uploadLifetime, space, budget);
    await uploads.removeLeftovers();
    await measure(budget, blobs, uploads, (digest) => ledger.catalog.content.sizeOf(digest));
    const leases = new Leases();
    const sweeper = sweep(uploads, leases, uploadLifetime, log);
    closers.push(async () => clearInterval(sweeper));

    const reuse = new LayerReuse(ledger.catalog, observations);
    return {
      store: { ledger, blobs, budget, uploads, leases, observations, reuse, sparse, settings },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Removes from time to time what clients began and never finished. */
function sweep(uploads: UploadStore, leases: Leases, lifetime: number, log: Log): NodeJS.Timeout {
  const run = async (): Promise<void> => {
    await leases.prune();
    try {
      const expired = await uploads.removeExpired();
      if (expired.length > 0) {
        log.info('removed upload sessions that had expired', { expired: expired.map(({ id }) => id) });
      }
    } catch (error) {
      log.error('could not remove expired uploads', { error });
    }
  };
  void run();
  return setInterval(() => void run(), Math.min(SWEEP_MS, lifetime)).unref();
}

/** Promise.withResolvers, which Node 20 does not have. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
