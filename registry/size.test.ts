import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';
import { lifetimeOf } from './images/lifetime.ts';
import { parseBytes } from './size.ts';

describe('parseBytes', () => {
  it.each([
    ['1', 1],
    ['20GB', 20e9],
    ['20 gb', 20e9],
    ['1.5T', 1.5e12],
    ['512MiB', 512 * 1024 * 1024],
    ['7 B', 7],
  ])('reads %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', 'GB', '-1', '1 XB', '1e9', '20 GB or so'])('does not guess what %j is', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });
});

describe('parseDuration', () => {
  it.each([
    ['90m', 90 * 60_000],
    ['12h', 12 * 3_600_000],
    ['3d', 3 * 86_400_000],
    ['2w', 14 * 86_400_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '3', '0d', '3 d', '3y', '-3d', '100000d', '1.5h'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('lifetimeOf', () => {
  it.each(['pr-12.ttl-3d', 'main.2.ttl-12h', 'x.ttl-1w'])('finds the lifetime of %s', (tag) => {
    expect(lifetimeOf(tag)).toBeGreaterThan(0);
  });

  it.each(['ttl-3d', '.ttl-3d', 'set-ttl-3d', 'x.ttl-3', 'x.ttl-3d.1', 'x.ttl-03d', 'x.TTL-3d'])(
    'finds none in %s',
    (tag) => {
      expect(lifetimeOf(tag)).toBeUndefined();
    },
  );
});
