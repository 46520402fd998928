import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from '../../test/served.ts';

describe('requiredQuery', () => {
  let berth: Served;

  beforeAll(async () => {
    berth = await Served.start();
  });
  afterAll(() => berth.stop());

  it.each([
    ['/api/tags?repository=app', '?tag= is missing.'],
    ['/api/tags?repository=app&tag=', '?tag= is missing.'],
    ['/api/tags?repository=&tag=v1', '?repository= is missing.'],
    ['/api/tags?tag=v1', '?repository= is missing.'],
  ])('refuses %s', async (path, message) => {
    const answer = await berth.send('DELETE', path);
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toContain(message);
  });
});
