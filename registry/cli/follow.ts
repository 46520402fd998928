import { Client } from './client.ts';
import type { QueryOptions } from './query.ts';

/** Runs what goes on until Ctrl-C, which is then no failure. Errors are sentences for people. */
export async function follow(
  options: QueryOptions,
  work: (client: Client, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    await work(new Client(options.url), stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
