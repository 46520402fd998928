import { describe, expect, it } from 'vitest';
import {
  counted,
  formatDuration,
  formatRelative,
  formatSize,
  layerHue,
  productOf,
  shortDigest,
  formatMoment,
  visible,
} from './format.ts';

describe('formatSize', () => {
  it.each([
    [0, '0 B'],
    [812, '812 B'],
    [1000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_960, '1.0 MB'],
    [1_234_567_890, '1.2 GB'],
    [-1500, '-1.5 kB'],
  ])('%s bytes are %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));
});

describe('formatRelative', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');

  it.each([
    [3, 'just now'],
    [59, '59 s ago'],
    [3600, '1 h ago'],
    [86_400 * 3, '3 d ago'],
    [86_400 * 400, '1 y ago'],
    [-86_400 * 2, 'in 2 d'],
  ])('%s seconds before is %s', (seconds, text) => {
    expect(formatRelative(new Date(now - seconds * 1000), now)).toBe(text);
  });

  it('says nothing of what is no time', () => expect(formatRelative('', now)).toBe(''));
});

describe('formatDuration', () => {
  it.each([
    [0.2, '1 s'],
    [90, '2 min'],
    [4200, '1 h 10 min'],
    [7200, '2 h'],
  ])('%s seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe('counted', () => {
  it('has a word for one and one for many', () => {
    expect([counted(1, 'tag'), counted(10_000, 'tag'), counted(0, 'repository', 'repositories')]).toEqual([
      '1 tag',
      '10,000 tags',
      '0 repositories',
    ]);
  });
});

describe('digests', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

  it('are shown by twelve characters', () => expect(shortDigest(digest)).toBe('0123456789ab'));
  it('have one of eight hues, always the same', () => {
    expect(layerHue(digest)).toBe(layerHue(digest));
    expect(layerHue('sha256:zz')).toBe(1);
    const hues = new Set(
      Array.from({ length: 64 }, (_, at) => layerHue(`sha256:0000000${(at % 16).toString(16)}`)),
    );
    expect([...hues].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('formatMoment', () => {
  const now = new Date(2026, 10, 20, 15, 30).getTime();

  it('says the time of today alone, and the day of any other', () => {
    expect(formatMoment(new Date(2026, 10, 20, 14, 2), now)).toBe('14:02');
    expect(formatMoment(new Date(2026, 10, 19, 14, 2), now)).toMatch(/Nov.*19|19.*Nov/);
    expect(formatMoment('nonsense', now)).toBe('');
  });
});

describe('visible', () => {
  it('shows that there is something which would not be seen', () => {
    expect(visible('\u202egpj.exe')).toBe('\ufffdgpj.exe');
    expect(visible('a\tb\nc')).toBe('a\ufffdb\ufffdc');
    expect(visible('naïve 漢字 עברית')).toBe('naïve 漢字 עברית');
  });
});

describe('productOf', () => {
  it.each([
    ['docker/27.3.1 go/go1.22.7 os/linux', 'docker 27.3.1'],
    ['Helm/v3.16.3', 'helm 3.16.3'],
    ['<img src=x>', '<img'],
    ['', ''],
  ])('%j is %j', (userAgent, text) => expect(productOf(userAgent)).toBe(text));
});
