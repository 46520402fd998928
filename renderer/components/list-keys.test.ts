import { describe, expect, it } from 'vitest';
import { rowAfter, scrollFor } from './list-keys.ts';

describe('rowAfter', () => {
  const view = { count: 100, active: 50, page: 10 };

  it.each([
    ['ArrowDown', 51],
    ['ArrowUp', 49],
    ['PageDown', 60],
    ['PageUp', 40],
    ['Home', 0],
    ['End', 99],
    ['x', undefined],
  ])('%s leads from 50 to %s', (key, to) => expect(rowAfter(key, view)).toBe(to));

  it('stays within the list', () => {
    expect(rowAfter('ArrowDown', { ...view, active: 99 })).toBe(99);
    expect(rowAfter('PageUp', { ...view, active: 3 })).toBe(0);
  });

  it('begins at the nearer end', () => {
    expect(rowAfter('ArrowDown', { ...view, active: -1 })).toBe(0);
    expect(rowAfter('ArrowUp', { ...view, active: -1 })).toBe(99);
  });

  it('leads nowhere in an empty list', () =>
    expect(rowAfter('End', { count: 0, active: -1, page: 5 })).toBe(undefined));
});

describe('scrollFor', () => {
  const view = { row: 28, top: 280, height: 280, header: 0 };

  it('does not move for a row in sight', () => expect(scrollFor(12, view)).toBe(280));
  it('moves up to a row above', () => expect(scrollFor(2, view)).toBe(56));
  it('moves down no more than it must', () => expect(scrollFor(20, view)).toBe(21 * 28 - 280));
  it('counts the heading that covers the first rows', () =>
    expect(scrollFor(19, { ...view, header: 30 })).toBe(20 * 28 + 30 - 280));
});
