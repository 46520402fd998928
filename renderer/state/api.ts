/** Berth's own API and the registry's, as the window calls them: relative URLs only. docs/http-api.md */

/** What a server answered instead of what was asked for; `message` is a sentence for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Of the spec or of Berth; `OFFLINE` if there was no answer at all. */
  readonly code: string;
  readonly status: number;
  readonly detail: unknown;

  constructor(code: string, message: string, status: number, detail?: unknown) {
    super(message);
    this.code = code;
    this.status = status;
    this.detail = detail;
  }

  get offline(): boolean {
    return this.code === 'OFFLINE';
  }

  /** Asked again in a moment, the server may say something else. */
  get isPassing(): boolean {
    return this.offline || this.status === 503;
  }
}

/** What stands after `?`; what is undefined or null is left out. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Ask {
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @throws ApiError, or the signal's reason once it is aborted */
export async function ask<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options: Ask = {},
): Promise<T> {
  const response = await request(method, path, options);
  return (await readJson(response)) as T;
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  ask<T>('GET', path, { ...(query && { query }), ...(signal && { signal }) });

export const post = <T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> =>
  ask<T>('POST', path, { body, ...(signal && { signal }) });

/** The answer with its body unread, once its status says that it is one. */
export async function request(method: string, path: string, options: Ask = {}): Promise<Response> {
  const { query, body, signal, headers } = options;
  let response: Response;
  try {
    response = await fetch(withQuery(path, query), {
      method,
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ApiError('OFFLINE', 'Berth does not answer. The window tries again by itself.', 0, cause);
  }
  if (response.ok) return response;
  throw await readError(response);
}

export function withQuery(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return given.length === 0 ? path : `${path}?${given.join('&')}`;
}

/** A sentence for whatever was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Error && error.message !== '') return error.message;
  return 'Something went wrong that has no name.';
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  try {
    return await response.json();
  } catch (cause) {
    if (isAbort(cause)) throw cause;
    throw new ApiError('UNREADABLE', 'The answer broke off before its end.', response.status, cause);
  }
}

async function readError(response: Response): Promise<ApiError> {
  const fallback = `The server answered ${response.status} and did not say why.`;
  const body = (await response.json().catch(() => undefined)) as
    { errors?: { code?: string; message?: string; detail?: unknown }[] } | undefined;
  const first = body?.errors?.[0];
  const sentence = first?.message ? capitalised(first.message) : fallback;
  return new ApiError(first?.code ?? 'UNKNOWN', sentence, response.status, first?.detail);
}

/** Without the sentences that say what to type: the same can be done in the window. */
export function inWindow(message: string): string {
  const sentences = message.split(/(?<=\.)\s+/);
  const kept = sentences.filter((sentence) => !sentence.includes('"berth '));
  return kept.length === 0 ? message : kept.join(' ');
}

/** The spec's messages begin in lower case and end without a full stop; a name at the beginning stays as it is. */
function capitalised(message: string): string {
  const text = inWindow(message.trim());
  const isName = !/^[a-z]+(?![\w:/@[-]|\.\w)/.test(text);
  const first = isName ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
