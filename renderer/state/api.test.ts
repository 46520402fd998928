import { describe, expect, it, vi } from 'vitest';
import { answer, failure } from '../test-answers.ts';
import { type ApiError, ask, get, inWindow, withQuery } from './api.ts';

const failed = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => Promise.reject(new Error('it worked')),
    (error: ApiError) => error,
  );

describe('api', () => {
  it('makes a sentence of the spec’s error', async () => {
    answer({ 'GET /api/tags': () => failure(404, 'NAME_UNKNOWN', 'repository name not known to registry') });
    const error = await failed(get('/api/tags'));
    expect(error.message).toBe('Repository name not known to registry.');
    expect([error.code, error.status]).toEqual(['NAME_UNKNOWN', 404]);
  });

  it.each([
    ['hello:latest was changed again since.', 'hello:latest was changed again since.'],
    ['web/shop is protected', 'web/shop is protected.'],
    ['denied.', 'Denied.'],
  ])('leaves a name at the beginning as it is: %s', async (message, shown) => {
    answer({ 'POST /api/undo': () => failure(409, 'CONFLICT', message) });
    expect((await failed(ask('POST', '/api/undo'))).message).toBe(shown);
  });

  it.each([
    ['There is no repository big. See "berth repos".', 'There is no repository big.'],
    ['The tag a:1.2 is protected. Run "berth unprotect a:1.2" first.', 'The tag a:1.2 is protected.'],
    ['Run "berth repair".', 'Run "berth repair".'],
  ])('leaves out what one would type: %s', (message, shown) => {
    expect(inWindow(message)).toBe(shown);
  });

  it('says what it can of an error without words', async () => {
    answer({ 'GET /x': () => new Response('<h1>no</h1>', { status: 502 }) });
    expect((await failed(get('/x'))).message).toBe('The server answered 502 and did not say why.');
  });

  it('says that nobody answers', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    const error = await failed(get('/x'));
    expect(error.offline).toBe(true);
    expect(error.message).toMatch(/does not answer/);
  });

  it('throws the reason of a signal, not an error of its own', async () => {
    const stop = new AbortController();
    answer({ 'GET /x': 'never' });
    const asked = get('/x', {}, stop.signal);
    stop.abort();
    await expect(asked).rejects.toHaveProperty('name', 'AbortError');
  });

  it('sends a body as JSON and a query with its signs escaped', async () => {
    const asked = answer({ 'PATCH /api/tags': {} });
    await ask('PATCH', '/api/tags', { query: { repository: 'a/b&c', tag: null }, body: { protected: true } });
    expect(asked[0]?.body).toEqual({ protected: true });
    expect(withQuery('/x', { repository: 'a/b&c', tag: null, n: 0 })).toBe('/x?repository=a%2Fb%26c&n=0');
  });
});
