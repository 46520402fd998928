import type { ChangeSummary } from '../../../../registry/api/contract.ts';
import { get, isAbort, sentenceOf } from '../../../state/api.ts';

const PAGE = 200;
/** A skeleton that flashes is worse than none. */
const PATIENCE_MS = 150;
/** Older ones are asked for before the last row is in sight. */
const AHEAD = 60;

/**
 * The changes from the newest down to where somebody has scrolled. What happens makes older ones different, too: those
 * in sight are read again.
 */
export class ChangeList {
  /** The newest first. */
  rows = $state.raw<readonly ChangeSummary[]>([]);
  /** Whether it goes down to the oldest. */
  complete = $state(false);
  /** Whether anything was read. */
  ready = $state(false);
  /** Nothing was, for a while. */
  waiting = $state(false);
  /** Of the last request. */
  error = $state.raw<unknown>();
  /** Read since something happened last. */
  readonly #fresh = new Set<number>();
  #sight: readonly [first: number, last: number] = [0, 0];
  #newest = false;
  #running: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Something has happened. */
  refresh(): void {
    this.#fresh.clear();
    this.#newest = false;
    if (!this.ready) this.#timer ??= setTimeout(() => (this.waiting = !this.ready), PATIENCE_MS);
    void this.#work();
  }

  /** Which rows are in sight. */
  look(first: number, last: number): void {
    this.#sight = [first, last];
    if (this.error === undefined) void this.#work();
  }

  /** What the server said when somebody tried to undo it. */
  refuse(change: number, error: unknown): void {
    const refusal = sentenceOf(error);
    this.rows = this.rows.map((row) => (row.change === change ? { ...row, refusal } : row));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  /** Reads one page after the other until all that is in sight is there and fresh. */
  async #work(): Promise<void> {
    if (this.#running !== undefined) return;
    const running = new AbortController();
    this.#running = running;
    try {
      for (let before = this.#wanted(); before !== undefined; before = this.#wanted()) {
        await this.#read(before, running.signal);
      }
      this.error = undefined;
    } catch (error) {
      if (!isAbort(error)) this.error = error;
    }
    this.ready = true;
    this.#running = undefined;
  }

  /** Where the next page to be read begins; undefined if none is wanted. */
  #wanted(): number | undefined {
    if (!this.#newest) return Number.MAX_SAFE_INTEGER;
    const [first, last] = this.#sight;
    const stale = this.rows.slice(first, last + 1).find(({ change }) => !this.#fresh.has(change));
    if (stale !== undefined) return stale.change + 1;
    if (this.complete || last + AHEAD < this.rows.length) return undefined;
    return this.rows.at(-1)?.change;
  }

  async #read(before: number, signal: AbortSignal): Promise<void> {
    const isNewest = before === Number.MAX_SAFE_INTEGER;
    if (isNewest) this.#newest = true;
    const query = { limit: PAGE, ...(!isNewest && { before }) };
    const { changes } = await get<{ changes: readonly ChangeSummary[] }>('/api/changes', query, signal);
    for (const { change } of changes) this.#fresh.add(change);
    const isLast = changes.length < PAGE;
    const end = isLast ? 0 : (changes.at(-1)?.change ?? 0);
    const newer = this.rows.filter(({ change }) => change >= before);
    const older = this.rows.filter(({ change }) => change < end);
    // So much has happened meanwhile that the page does not reach what was here: the rest is read when it is looked at.
    const isJoined = !isNewest || this.rows.length === 0 || this.rows.some(({ change }) => change >= end);
    this.rows = [...newer, ...changes, ...(isJoined ? older : [])];
    if (isLast) this.complete = true;
    else if (!isJoined) this.complete = false;
    this.ready = true;
  }
}
