import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ServerEvent } from '../contract.ts';
import { EventReader } from './event-reader.ts';
import { EventRing } from './event-ring.ts';

/** Proxies and browsers give up connections on which nothing moves. */
const HEARTBEAT_MS = 15_000;

/** Somebody who reloads the page, or whose machine slept for a moment, finds what happened meanwhile. */
const REMEMBER_MS = 60_000;

export type EventType = Exclude<ServerEvent['type'], 'reset'>;
export const EVENT_TYPES = [
  'changed',
  'job',
  'transfer',
  'throughput',
  'log',
  'settings',
  'disk',
] as const satisfies readonly EventType[];

/**
 * What happens, to everybody who reads `GET /api/events`. Readers share one ring, so that a slow one costs no memory.
 * What nobody reads is not kept, and need not be found out.
 */
export class EventStream {
  /** Another one after every start: places of an earlier server mean nothing here. */
  readonly #server = randomUUID().slice(0, 8);
  readonly #version: string;
  readonly #ring = new EventRing();
  readonly #readers = new Set<EventReader>();
  /** What is kept, and after which place. */
  readonly #kept = new Map<string, number>();
  readonly #watchers: (() => void)[] = [];
  #forgetting: NodeJS.Timeout | undefined;
  #beating: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(version: string) {
    this.#version = version;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether somebody reads of it, or did a moment ago. */
  wants(type: EventType): boolean {
    return this.#kept.has(type);
  }

  /** Calls `watcher` when what is wanted may have changed. */
  watch(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  /** @param key events of the same key replace each other for whoever has not read them yet */
  publish(event: Exclude<ServerEvent, { type: 'reset' }>, key?: string): void {
    if (!this.wants(event.type)) return;
    const { type, ...data } = event;
    const entry = this.#ring.add(type, (seq) => this.#write(seq, type, data), key);
    for (const reader of this.#readers) reader.offer(entry);
  }

  /**
   * Sends events to a client, from now on or from the place that it names.
   *
   * @param lastEventId of the last event that it has read
   */
  connect(response: ServerResponse, types: ReadonlySet<EventType>, lastEventId: string | undefined): void {
    const place = this.#placeOf(lastEventId, types);
    for (const type of types) if (!this.#kept.has(type)) this.#kept.set(type, this.#ring.last);
    const reader = new EventReader(response, {
      ring: this.#ring,
      types,
      resetText: (seq) => this.#write(seq, 'reset', { server: this.#server, version: this.#version }),
    });
    this.#readers.add(reader);
    this.#beating ??= setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
    response.once('close', () => this.#left(reader));
    reader.start(place);
    this.#tellWatchers();
  }

  /** Ends every stream; clients come back when there is a server again. */
  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.end();
    clearTimeout(this.#forgetting);
    clearInterval(this.#beating);
    this.#kept.clear();
    this.#tellWatchers();
  }

  #write(seq: number, type: ServerEvent['type'], data: object): string {
    return `id: ${this.#server}.${seq}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #placeOf(id: string | undefined, types: ReadonlySet<EventType>): number | undefined {
    const [, server, seq] = /^([\w-]+)\.(\d{1,15})$/.exec(id ?? '') ?? [];
    const place = Number(seq);
    if (server !== this.#server || place < this.#ring.floor || place > this.#ring.last) return undefined;
    for (const type of types) if ((this.#kept.get(type) ?? Infinity) > place) return undefined;
    return place;
  }

  #beat(): void {
    for (const reader of this.#readers) reader.beat();
  }

  #left(reader: EventReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) {
      clearInterval(this.#beating);
      this.#beating = undefined;
    }
    clearTimeout(this.#forgetting);
    if (!this.#isClosed) this.#forgetting = setTimeout(() => this.#forget(), REMEMBER_MS).unref();
  }

  /** What those who left did not come back for. */
  #forget(): void {
    const readers = [...this.#readers];
    for (const type of this.#kept.keys()) {
      if (!readers.some(({ types }) => types.has(type))) this.#kept.delete(type);
    }
    if (this.#kept.size === 0) this.#ring.clear();
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
