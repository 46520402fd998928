const TIMEOUT_MS = 30_000;

interface Answer {
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** A running registry, as the commands talk to it. Errors are sentences for people. */
export class Client {
  readonly url: string;

  constructor(url: string) {
    this.url = (/^https?:/.test(url) ? url : `http://${url}`).replace(/\/+$/, '');
  }

  async json<T>(path: string): Promise<T> {
    return JSON.parse((await this.request('GET', path)).bytes.toString()) as T;
  }

  async request(method: string, path: string, body?: string): Promise<Answer> {
    const response = await this.#fetch(method, path, body);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.ok) return { headers: response.headers, bytes };
    throw refusalOf(bytes) ?? new Error(`${method} ${path} was answered with ${response.status}.`);
  }

  /** An answer that goes on for as long as somebody reads it. */
  async stream(path: string, stop: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#fetch('GET', path, undefined, stop);
    if (response.ok && response.body !== null) return response.body;
    const bytes = Buffer.from(await response.arrayBuffer());
    throw new Error(messageOf(bytes) ?? `GET ${path} was answered with ${response.status}.`);
  }

  async #fetch(
    method: string,
    path: string,
    body?: string,
    signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS),
  ): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, {
        method,
        signal,
        headers: { 'User-Agent': 'berth' },
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      throw this.unreachable(error);
    }
  }

  unreachable(cause: unknown): Error {
    return new Error(
      `No registry answers at ${this.url}. Start one with "berth serve", or name another with --url.`,
      { cause },
    );
  }

  brokenOff(cause: unknown): Error {
    return new Error(`The connection to ${this.url} broke off. "berth status" says whether it still runs.`, {
      cause,
    });
  }
}

/** What the registry answered instead of what was asked for. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly detail: unknown;

  constructor(code: string, message: string, detail: unknown) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

export function messageOf(bytes: Buffer): string | undefined {
  return refusalOf(bytes)?.message;
}

function refusalOf(bytes: Buffer): Refusal | undefined {
  try {
    const { errors } = JSON.parse(bytes.toString()) as {
      errors?: { code?: string; message?: string; detail?: unknown }[];
    };
    const { code = '', message, detail } = errors?.[0] ?? {};
    return message === undefined ? undefined : new Refusal(code, message, detail);
  } catch {
    // Whatever answers there is not a registry.
    return undefined;
  }
}
