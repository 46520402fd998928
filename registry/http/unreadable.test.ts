import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readTarget } from './unreadable.ts';

function read(url: string, host?: string): string | false {
  const request = { url, headers: { host } } as IncomingMessage;
  return readTarget(request) && (request.url ?? '');
}

describe('readTarget', () => {
  it.each([
    ['/v2/?n=1', undefined],
    ['http://localhost:5080/v2/?n=1', 'localhost:5080'],
    ['http://localhost:5080/v2/?n=1', 'LOCALHOST:5080'],
    ['http://localhost:80/v2/?n=1', 'localhost'],
    ['HTTP://[::1]:5080/v2/?n=1', '[::1]:5080'],
  ])('finds the path of %s for %s', (url, host) => {
    expect(read(url, host)).toBe('/v2/?n=1');
  });

  it.each([
    ['http://evil.example/v2/', 'localhost:5080'],
    ['http://localhost:5080/v2/', 'evil.example'],
    ['http://localhost:5080/v2/', 'localhost:5081'],
    ['http://localhost:5080/v2/', undefined],
    ['http://localhost:5080/v2/', '['],
    ['ftp://localhost:5080/v2/', 'localhost:5080'],
    ['*', 'localhost:5080'],
    ['', 'localhost:5080'],
  ])('finds none in %j for %j', (url, host) => {
    expect(read(url, host)).toBe(false);
  });
});
