import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { checkOrigin } from './origin.ts';

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
