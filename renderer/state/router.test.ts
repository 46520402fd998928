import { beforeEach, describe, expect, it } from 'vitest';
import { href, parseRoute, Router, type Route } from './router.svelte.ts';

beforeEach(() => history.replaceState(null, '', '#/images'));

describe('routes', () => {
  const ROUTES: readonly Route[] = [
    { place: 'images' },
    { place: 'images', repository: 'team/app' },
    { place: 'images', repository: 'team/app', reference: 'v1' },
    { place: 'images', repository: 'a', reference: `sha256:${'ab'.repeat(32)}`, view: 'layers' },
    { place: 'disk', rest: ['team/app'] },
    { place: 'settings' },
  ];

  it.each(ROUTES)('come back from the address: %j', (route) =>
    expect(parseRoute(href(route))).toEqual(route),
  );

  it('are readable', () => {
    expect(href({ place: 'images', repository: 'team/app', reference: 'sha256:0a' })).toBe(
      '#/images/team%2Fapp/sha256:0a',
    );
  });

  it.each(['', '#', '#/', '#/nowhere/x', '#/images/%E0%A4%A'])('%j is the place images', (hash) =>
    expect(parseRoute(hash).place).toBe('images'),
  );
});

describe('Router', () => {
  it('remembers the image that was looked at last', () => {
    const router = new Router();
    router.go({ place: 'images', repository: 'a', reference: 'v1' });
    router.go({ place: 'disk' });
    expect(router.place).toBe('disk');
    expect(router.image).toEqual({ repository: 'a', reference: 'v1' });
  });

  it('calls the layers of an image a place of their own', () => {
    const router = new Router();
    router.go({ place: 'images', repository: 'a', reference: 'v1', view: 'layers' });
    expect(router.place).toBe('layers');
  });
});
