import type { ServerEvent } from '../../registry/api/contract.ts';
import { request } from './api.ts';
import { EventStreamParser, type StreamEvent } from './event-stream.ts';

type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { type: Type }>;
type Listener = (event: never) => void;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** The server says something at least every 15 seconds; a laptop that slept may hold a dead connection for hours. */
const SILENCE_MS = 45_000;

/** `GET /api/events`: one stream for the whole window, which comes back by itself. */
export class Events {
  /** `lost` only once there was a failure: a window that just opens is `connecting`. */
  state = $state<'connecting' | 'open' | 'lost'>('connecting');
  /** Another one after every start of the server. */
  server = $state('');
  readonly #listeners = new Map<string, Set<Listener>>();
  #lastId = '';
  #pauseMs = FIRST_PAUSE_MS;
  #stream: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;

  on<Type extends ServerEvent['type']>(type: Type, listener: (event: EventOf<Type>) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.#stream?.abort();
    this.#stream = undefined;
  }

  /** Tries now, and does not wait for its turn. */
  retry(): void {
    this.stop();
    this.#pauseMs = FIRST_PAUSE_MS;
    this.start();
  }

  async #run(): Promise<void> {
    const stream = new AbortController();
    this.#stream = stream;
    try {
      await this.#read(stream);
    } catch {
      // Whatever ended it: the next attempt says more than the error.
    }
    if (this.#stream !== stream) return;
    this.state = 'lost';
    this.#timer = setTimeout(() => this.start(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  async #read(stream: AbortController): Promise<void> {
    const headers = { Accept: 'text/event-stream', ...(this.#lastId && { 'Last-Event-ID': this.#lastId }) };
    const { body } = await request('GET', '/api/events', { headers, signal: stream.signal });
    if (body === null) return;
    this.state = 'open';
    this.#pauseMs = FIRST_PAUSE_MS;
    const parser = new EventStreamParser((event) => this.#take(event));
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      clearTimeout(this.#watch);
      this.#watch = setTimeout(() => stream.abort(), SILENCE_MS);
      const { done, value } = await reader.read();
      if (done) break;
      parser.push(decoder.decode(value, { stream: true }));
    }
    clearTimeout(this.#watch);
  }

  #take({ id, type, data }: StreamEvent): void {
    if (id !== '') this.#lastId = id;
    const event = { ...(JSON.parse(data) as object), type } as ServerEvent;
    if (event.type === 'reset') this.server = event.server;
    for (const listener of this.#listeners.get(type) ?? []) (listener as (event: ServerEvent) => void)(event);
  }
}

export const events = new Events();
