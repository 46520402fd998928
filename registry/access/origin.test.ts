import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { carriesToken, checkFetchSite, checkOrigin } from './origin.ts';

describe('checkOrigin', () => {
  it.each([
    'localhost',
    'localhost:5080',
    'LOCALHOST:5080',
    'registry.localhost:5080',
    '127.0.0.1:5080',
    '[::1]:5080',
    '192.168.1.5:5080',
    'host.docker.internal:5080',
    'host.containers.internal',
    `${hostname()}:5080`,
  ])('answers under %s', (host) => {
    expect(() => checkOrigin([host], undefined)).not.toThrow();
    expect(() => checkOrigin([host], `http://${host}`)).not.toThrow();
  });

  it.each([
    'evil.example',
    'localhost.evil.example:5080',
    '127.0.0.1.evil.example',
    'notlocalhost',
    '[evil]',
  ])('does not answer under %s, as a rebound name would show', (host) => {
    expect(() => checkOrigin([host], undefined)).toThrow(expect.objectContaining({ code: 'HOST_DENIED' }));
  });

  it.each(['http://evil.example', 'null', 'http://localhost:3000', 'https://localhost:5080'])(
    'does not answer a page of %s',
    (origin) => {
      expect(() => checkOrigin(['localhost:5080'], origin)).toThrow(
        expect.objectContaining({ code: 'HOST_DENIED' }),
      );
    },
  );

  it.each([[[]], [['']], [['localhost', 'evil.example']]])('asks for one Host, not for %j', (hosts) => {
    expect(() => checkOrigin(hosts, undefined)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});

describe('checkOrigin of the desktop app', () => {
  it('answers its page only together with its token', () => {
    expect(() => checkOrigin(['localhost:5080'], 'berth://window', true)).not.toThrow();
    expect(() => checkOrigin(['localhost:5080'], 'berth://window')).toThrow(/other origins/);
    expect(() => checkOrigin(['localhost:5080'], 'http://evil.example', true)).toThrow(/other origins/);
  });
});

describe('carriesToken', () => {
  it('knows the token, and nothing else', () => {
    expect(carriesToken('Bearer secret', 'secret')).toBe(true);
    for (const header of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer secre',
      'Bearer secrets',
      'Basic secret',
    ]) {
      expect(carriesToken(header, 'secret')).toBe(false);
    }
    expect(carriesToken('Bearer secret', undefined)).toBe(false);
    expect(carriesToken('Bearer ', '')).toBe(false);
  });
});

describe('checkFetchSite', () => {
  const navigation = { mode: 'navigate', destination: 'document' };

  it.each([undefined, 'same-origin', 'none'])('lets in what comes from %s', (site) => {
    expect(() => checkFetchSite({ site, mode: 'no-cors', destination: 'image' }, false)).not.toThrow();
  });

  it.each(['cross-site', 'same-site', 'anything'])('refuses what comes from %s', (site) => {
    expect(() => checkFetchSite({ site, mode: 'no-cors', destination: 'image' }, true)).toThrow(
      /other origins/,
    );
    expect(() => checkFetchSite({ site, ...navigation }, false)).toThrow(/other origins/);
    expect(() => checkFetchSite({ site, mode: 'navigate', destination: 'iframe' }, true)).toThrow();
    expect(() => checkFetchSite({ site, mode: undefined, destination: undefined }, true)).toThrow();
  });

  it('lets somebody follow a link to the window', () => {
    expect(() => checkFetchSite({ site: 'cross-site', ...navigation }, true)).not.toThrow();
  });
});
