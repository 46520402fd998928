import type { ServerResponse } from 'node:http';
import type { EventRing, RingEntry } from './event-ring.ts';

/** A reader that takes nothing for so long is gone, whatever its connection says. */
const STALLED_MS = 60_000;

export interface ReaderOptions {
  readonly ring: EventRing;
  /** What it wants to read of. */
  readonly types: ReadonlySet<string>;
  /** What tells it to read everything again, as of a place. */
  resetText(seq: number): string;
}

/**
 * One client, and how far it has read. Nothing is kept for it but its place in the ring: while its connection is full
 * it misses what is replaced, and if the ring has gone past it, it begins anew.
 */
export class EventReader {
  readonly #response: ServerResponse;
  readonly #options: ReaderOptions;
  #place = 0;
  #isFull = false;
  #fullSince = 0;

  constructor(response: ServerResponse, options: ReaderOptions) {
    this.#response = response;
    this.#options = options;
    response.on('drain', () => {
      this.#isFull = false;
      this.#catchUp();
    });
  }

  get types(): ReadonlySet<string> {
    return this.#options.types;
  }

  /** @param place after which to go on; undefined to begin anew */
  start(place: number | undefined): void {
    if (place === undefined) return this.#beginAnew();
    this.#place = place;
    this.#catchUp();
  }

  /** A new event. What is not sent now is sent when there is room. */
  offer(entry: RingEntry): void {
    if (!this.#isFull) this.#send(entry);
  }

  beat(): void {
    if (!this.#isFull) this.#write(': still here\n\n');
    else if (performance.now() - this.#fullSince > STALLED_MS) this.#response.destroy();
  }

  /** Nobody waits for one that takes nothing. */
  end(): void {
    if (this.#isFull) this.#response.destroy();
    else this.#response.end();
  }

  #catchUp(): void {
    const { ring } = this.#options;
    if (this.#place < ring.floor) return this.#beginAnew();
    for (const entry of ring.after(this.#place)) {
      if (this.#isFull) return;
      this.#send(entry);
    }
  }

  #send({ seq, type, bytes }: RingEntry): void {
    this.#place = seq;
    if (this.types.has(type)) this.#write(bytes);
  }

  #beginAnew(): void {
    const { ring, resetText } = this.#options;
    this.#place = ring.last;
    this.#write(resetText(this.#place));
  }

  #write(bytes: Buffer | string): void {
    if (this.#response.write(bytes) || this.#isFull) return;
    this.#isFull = true;
    this.#fullSince = performance.now();
  }
}
