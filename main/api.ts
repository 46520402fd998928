import type { ServerEvent } from '../registry/api/contract.ts';
import type { Server } from './server.ts';
import { readEvents } from './event-stream.ts';

/** Asks the app's own registry, over HTTP as everybody does. Errors are sentences for people. */
export class Api {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  get token(): string {
    return this.#server.token;
  }

  /** @throws Error if no registry runs */
  urlOf(path: string): URL {
    if (this.#server.url === undefined) throw new Error('The registry is not running.');
    return new URL(path, this.#server.url);
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const answer = await this.request(path, signal === undefined ? {} : { signal });
    return (await answer.json()) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const answer = await this.request(path, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as T;
  }

  async delete(path: string): Promise<void> {
    await (await this.request(path, { method: 'DELETE' })).arrayBuffer();
  }

  /** @throws Refusal if it is not answered with success */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, 'user-agent': 'Berth' };
    const answer = await fetch(this.urlOf(path), { ...init, headers });
    if (answer.ok) return answer;
    const { code, message } = errorOf(await answer.text()) ?? {};
    throw new Refusal(code, message ?? `The registry answered with ${answer.status}.`);
  }

  /** Of these kinds, what happens from now on, until the signal or the registry ends it. */
  async *events(types: readonly ServerEvent['type'][], signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const answer = await this.request(`/api/events?types=${types.join()}`, { signal });
    if (answer.body === null) return;
    for await (const { event, data } of readEvents(answer.body)) {
      yield { type: event, ...(JSON.parse(data) as object) } as ServerEvent;
    }
  }
}

/** What the registry did not do, and why not. */
export class Refusal extends Error {
  /** As in the body, such as `NAME_UNKNOWN`. */
  readonly code: string | undefined;

  constructor(code: string | undefined, message: string) {
    super(message);
    this.code = code;
  }
}

/** The reason in the body of a refusal, for people. */
export function messageOf(text: string): string | undefined {
  return errorOf(text)?.message;
}

function errorOf(text: string): { code?: string; message?: string } | undefined {
  try {
    return (JSON.parse(text) as { errors?: { code?: string; message?: string }[] }).errors?.[0];
  } catch {
    // Not one of ours: the status has to do.
    return undefined;
  }
}
