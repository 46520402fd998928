import { describe, expect, it } from 'vitest';
import { parseContentRange, parseRange, uploadRange } from './range.ts';

describe('parseRange', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=0-99', { start: 0, end: 9 }],
    ['bytes=3-', { start: 3, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-30', { start: 0, end: 9 }],
  ])('reads %s of ten bytes', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  it.each(['', 'bytes=0-1,3-4', 'lines=1-2', 'garbage'])('ignores %j', (header) => {
    expect(parseRange(header, 10)).toBeUndefined();
  });

  it.each(['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=-', 'bytes=5-3', 'bytes=x'])(
    'refuses %s of ten bytes',
    (header) => {
      expect(() => parseRange(header, 10)).toThrow(expect.objectContaining({ code: 'RANGE_INVALID' }));
    },
  );
});

describe('parseContentRange', () => {
  it.each(['0-1023', 'bytes 0-1023/2048', 'bytes 0-1023/*', 'bytes=0-1023'])('reads %s', (header) => {
    expect(parseContentRange(header)).toEqual({ start: 0, end: 1023 });
  });

  it.each(['', '5', '5-3', '-5', 'a-b', '0-99999999999999999999'])('refuses %j', (header) => {
    expect(() => parseContentRange(header)).toThrow(expect.objectContaining({ code: 'RANGE_INVALID' }));
  });
});

describe('uploadRange', () => {
  it('never ends before it starts', () => {
    expect([0, 1, 1024].map(uploadRange)).toEqual(['0-0', '0-0', '0-1023']);
  });
});
