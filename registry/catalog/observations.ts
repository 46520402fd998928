import type { Digest } from '../reference.ts';
import type { Ledger } from './ledger.ts';
import type { Manifest } from './repository.ts';

const FLUSH_MS = 60_000;

/**
 * What was only observed: pulls, and layers that did not have to be sent. It reaches the journal at most
 * once a minute; a crash may lose that minute.
 */
export class Observations {
  readonly #ledger: Ledger;
  readonly #onError: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #pulls = new Map<string, readonly [repository: string, digest: Digest, time: number]>();
  #hits = 0;
  #misses = 0;
  #flushing: Promise<void> = Promise.resolve();

  /** @param onError told of a record that could not be written; what it held is kept for the next */
  constructor(ledger: Ledger, onError: (error: unknown) => void) {
    this.#ledger = ledger;
    this.#onError = onError;
    this.#timer = setInterval(() => void this.flush().catch(onError), FLUSH_MS).unref();
  }

  /** Layers that a client had no need to send, up to this moment. */
  get cacheHits(): number {
    return this.#ledger.catalog.cacheHits + this.#hits;
  }

  /** Layers that a client did send, up to this moment. */
  get cacheMisses(): number {
    return this.#ledger.catalog.cacheMisses + this.#misses;
  }

  hit(): void {
    this.#hits += 1;
  }

  miss(): void {
    this.#misses += 1;
  }

  pulled(repository: string, digest: Digest): void {
    this.#pulls.set(`${repository}@${digest}`, [repository, digest, Date.now()]);
  }

  /**
   * Milliseconds since 1970, pulls that no record has yet included; undefined for never. Whoever decides by it needs
   * no record first, which a disk that is full would refuse.
   */
  lastPull({ repository, digest, pulledAt }: Manifest): number | undefined {
    if (this.#pulls.size === 0) return pulledAt;
    return this.#pulls.get(`${repository}@${digest}`)?.[2] ?? pulledAt;
  }

  /** Writes what was observed. One at a time, or the same would be written twice. */
  flush(): Promise<void> {
    const flushed = this.#flushing.catch(() => undefined).then(() => this.#flush());
    this.#flushing = flushed;
    return flushed;
  }

  async #flush(): Promise<void> {
    if (this.#hits + this.#misses + this.#pulls.size === 0) return;
    const pulls = new Map(this.#pulls);
    const [cacheHits, cacheMisses] = [this.#hits, this.#misses];
    await this.#ledger.commit({}, { op: 'observed', cacheHits, cacheMisses, pulls: [...pulls.values()] });
    this.#hits -= cacheHits;
    this.#misses -= cacheMisses;
    // Until then they count as pulls that no record has, and later ones stay.
    for (const [key, pull] of pulls) if (this.#pulls.get(key) === pull) this.#pulls.delete(key);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush().catch(this.#onError);
  }
}
