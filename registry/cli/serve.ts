import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { RegistryError } from '../error.ts';
import type { SparsePolicy } from '../images/store.ts';
import { startRegistry } from '../index.ts';
import { createLog, type LogFormat, type LogLevel } from '../log.ts';
import { npmEnded } from './npm-parent.ts';
import { endWithReader } from './terminal.ts';

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly sparse: SparsePolicy;
  /** Hours. */
  readonly uploadLifetime: number;
  /** Bytes. */
  readonly reserve?: number;
}

const HOUR_MS = 3_600_000;

/** Runs until SIGTERM or SIGINT. Standard output gets one line, and only when the registry is ready. */
export async function serve(options: ServeOptions): Promise<void> {
  // Whoever read them has gone: no reason to stop.
  for (const stream of [process.stdout, process.stderr]) {
    stream.off('error', endWithReader).on('error', () => undefined);
  }
  // From the first moment on, so that nothing is missed that happens during the start.
  const stop = Promise.race([signalled(), npmEnded().then(() => 'npm has ended')]);
  const log = createLog({ level: options.logLevel, format: options.logFormat });
  const dataFolder = resolve(options.data.replace(/^~(?=\/|$)/, homedir()));
  try {
    requireLoopback(options.host);
    const registry = await startRegistry({
      dataFolder,
      host: options.host,
      port: options.port,
      log,
      sparse: options.sparse,
      uploadLifetime: options.uploadLifetime * HOUR_MS,
      windowFolder: join(import.meta.dirname, 'window'),
      ...(options.reserve === undefined ? {} : { settings: { reserve: options.reserve } }),
    });
    log.info('started', { url: registry.url, dataFolder });
    process.stdout.write(`Berth is listening on ${registry.url}\n`);

    const reason = await stop;
    log.info('stopping', { reason });
    await registry.stop();
    await log.flush();
    process.exit(0);
  } catch (error) {
    await log.flush();
    process.stderr.write(`${describe(error)}\n`);
    process.exit(1);
  }
}

/** Without users anybody who reaches the port could change everything. */
function requireLoopback(host: string): void {
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (isLoopback) return;
  throw new RegistryError(
    'REQUEST_INVALID',
    `Berth has no users yet, so it listens on this machine only and not on ${host}. ` +
      'Use --host 127.0.0.1, and a tunnel (ssh -L) to reach it from another machine.',
  );
}

/** A second signal this long after the first is meant: somebody does not want to wait. */
const IMPATIENT_MS = 1000;

/** The first signal to stop. It may come twice at once, from a terminal and from what started us. */
function signalled(): Promise<string> {
  return new Promise((settle) => {
    let first = 0;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (first !== 0 && Date.now() - first > IMPATIENT_MS) process.exit(1);
        first ||= Date.now();
        settle(signal);
      });
    }
  });
}

function describe(error: unknown): string {
  if (error instanceof RegistryError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
