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
  readonly #openers = new Set<() => void>();
  #lastId = '';
  #pauseMs = FIRST_PAUSE_MS;
  #stream: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  on<Type extends ServerEvent['type']>(type: Type, listener: (event: EventOf<Type>) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Calls `listener` each time that the stream has come back, and the first time. */
  onOpen(listener: () => void): () => void {
    this.#openers.add(listener);
    return () => this.#openers.delete(listener);
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    clearTimeout(this.#timer);
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
    const silence = new Silence(() => stream.abort());
    try {
      await this.#read(stream.signal, silence);
    } catch {
      // Whatever ended it: the next attempt says more than the error.
    }
    silence.end();
    if (this.#stream !== stream) return;
    this.state = 'lost';
    this.#timer = setTimeout(() => this.start(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  async #read(signal: AbortSignal, silence: Silence): Promise<void> {
    const headers = { Accept: 'text/event-stream', ...(this.#lastId && { 'Last-Event-ID': this.#lastId }) };
    const { body } = await request('GET', '/api/events', { headers, signal });
    signal.throwIfAborted();
    if (body === null) return;
    this.state = 'open';
    this.#pauseMs = FIRST_PAUSE_MS;
    callAll(this.#openers);
    const parser = new EventStreamParser((event) => this.#take(event));
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      silence.begin();
      const { done, value } = await reader.read();
      if (done) return;
      parser.push(decoder.decode(value, { stream: true }));
    }
  }

  #take({ id, type, data }: StreamEvent): void {
    if (id !== '') this.#lastId = id;
    const event = { ...(JSON.parse(data) as object), type } as ServerEvent;
    if (event.type === 'reset') this.server = event.server;
    callAll((this.#listeners.get(type) ?? []) as Iterable<(event: ServerEvent) => void>, event);
  }
}

/** Nothing has come for so long that nothing will; be it the beginning of the answer. */
class Silence {
  readonly #giveUp: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(giveUp: () => void) {
    this.#giveUp = giveUp;
    this.begin();
  }

  begin(): void {
    this.end();
    this.#timer = setTimeout(this.#giveUp, SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** One that fails does not keep the others from hearing of it, nor end the stream. */
function callAll<Given extends unknown[]>(
  listeners: Iterable<(...given: Given) => void>,
  ...given: Given
): void {
  for (const listener of listeners) {
    try {
      listener(...given);
    } catch (error) {
      reportError(error);
    }
  }
}

export const events = new Events();
