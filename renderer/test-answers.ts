import { vi } from 'vitest';

/** What the server says in a test: by method and path, `GET /api/disk`. A function gets the query and the body. */
export type Answers = Readonly<Record<string, unknown>>;

export interface Asked {
  readonly request: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Answers `fetch` until the next call; a request that has no answer gets 404. Returns what was asked. */
export function answer(answers: Answers): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', (input: string, { method = 'GET', body, signal }: RequestInit = {}) => {
    const url = new URL(input, 'http://localhost');
    const request = `${method} ${url.pathname}`;
    const sent: unknown = typeof body === 'string' ? JSON.parse(body) : undefined;
    const one = { request, query: url.searchParams, body: sent };
    asked.push(one);
    const found = answers[request];
    if (found === undefined) return Promise.resolve(failure(404, 'UNKNOWN', `nothing at ${request}`));
    if (found === 'never') return new Promise((_, reject) => signal?.addEventListener('abort', reject));
    const value: unknown = typeof found === 'function' ? (found as (asked: Asked) => unknown)(one) : found;
    return Promise.resolve(value).then((given) => (given instanceof Response ? given : Response.json(given)));
  });
  return asked;
}

/** What the server answers when it refuses. */
export function failure(status: number, code: string, message: string): Response {
  return Response.json({ errors: [{ code, message }] }, { status });
}
