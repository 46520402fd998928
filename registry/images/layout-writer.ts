import { writeLayout, type LayoutEntry } from '../blobs/layout.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Ledger } from '../catalog/ledger.ts';
import type { Log } from '../log.ts';

const QUIET_MS = 1000;
/** Until the next attempt, after one that failed. */
const RETRY_MS = 10_000;
/** The list costs at most this share of the time, however long it is. */
const SHARE = 20;

/** Keeps `index.json` in step with the tags, a moment behind them. */
export class LayoutWriter {
  readonly #dataFolder: string;
  readonly #ledger: Ledger;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #stale = true;
  #pause = QUIET_MS;
  #closed = false;

  constructor(dataFolder: string, ledger: Ledger, log: Log) {
    this.#dataFolder = dataFolder;
    this.#ledger = ledger;
    this.#log = log;
    ledger.subscribe(({ ops }) => {
      if (ops.some(({ op }) => /^(tag|manifest|repository)\./.test(op))) this.#schedule();
    });
    this.#schedule();
  }

  /** Writes what is still to be written. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    if (this.#stale) await this.#write();
  }

  #schedule(): void {
    this.#stale = true;
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#write().finally(() => {
        this.#timer = undefined;
        if (this.#stale) this.#schedule();
      });
    }, this.#pause).unref();
  }

  async #write(): Promise<void> {
    const started = performance.now();
    this.#stale = false;
    try {
      const { catalog, journal } = this.#ledger;
      await writeLayout(this.#dataFolder, entriesOf(catalog), journal.seq);
      this.#pause = Math.max(QUIET_MS, SHARE * (performance.now() - started));
    } catch (error) {
      // Berth itself never reads it. A full disk is told of once and not at every attempt.
      if (this.#pause !== RETRY_MS) this.#log.warn('could not write index.json; will try again', { error });
      this.#stale = true;
      this.#pause = RETRY_MS;
    }
  }
}

function* entriesOf(catalog: Catalog): Iterable<LayoutEntry> {
  for (const { name, tags, manifests } of catalog.repositories.values()) {
    for (const [tag, { digest }] of tags) {
      const manifest = manifests.get(digest);
      if (manifest === undefined) continue;
      yield { reference: `${name}:${tag}`, mediaType: manifest.mediaType, digest, size: manifest.size };
    }
  }
}
