import { formatBytes } from './format.ts';

const PAUSE_MS = 100;
const BAR = 24;

/** Bytes on their way, as a line on a terminal; elsewhere nothing. It goes when it is done. */
export class Progress {
  readonly #what: string;
  readonly #total: number | undefined;
  readonly #isShown = process.stderr.isTTY;
  #done = 0;
  #shownAt = 0;
  readonly #started = performance.now();

  constructor(what: string, total: number | undefined) {
    this.#what = what.length > 30 ? `…${what.slice(-29)}` : what;
    this.#total = total;
  }

  add(bytes: number): void {
    this.#done += bytes;
    const now = performance.now();
    if (!this.#isShown || now - this.#shownAt < PAUSE_MS) return;
    this.#shownAt = now;
    process.stderr.write(`\r\u001B[K${this.#line(now)}`);
  }

  async *count(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of chunks) {
      this.add(chunk.length);
      yield chunk;
    }
    if (this.#isShown) process.stderr.write(`\r\u001B[K${this.#what}  reading what came…`);
  }

  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001B[K');
  }

  #line(now: number): string {
    const speed = `${formatBytes(this.#done / Math.max(0.001, (now - this.#started) / 1000))}/s`;
    if (this.#total === undefined) return `${this.#what}  ${formatBytes(this.#done)}  ${speed}`;
    const share = this.#total === 0 ? 1 : Math.min(1, this.#done / this.#total);
    const full = Math.round(share * BAR);
    const bar = `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
    return `${this.#what}  ${bar}  ${formatBytes(this.#done)} of ${formatBytes(this.#total)}  ${speed}`;
  }
}
