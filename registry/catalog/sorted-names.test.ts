import { describe, expect, it } from 'vitest';
import { SortedNames } from './sorted-names.ts';

const NAMES = Array.from({ length: 1000 }, (_, index) => `v${(index * 7919) % 1000}`);

describe('SortedNames', () => {
  it.each([1, 20, 500, 1000])('is in order after %i names came and went', (changes) => {
    const present = new Set(NAMES);
    const sorted = new SortedNames(() => present);
    expect(sorted.all).toEqual([...present].sort());
    for (const name of NAMES.slice(0, changes)) {
      present.delete(name);
      sorted.delete(name);
      present.add(`${name}-new`);
      sorted.add(`${name}-new`);
    }
    sorted.delete('never there');
    sorted.add(NAMES.at(-1) ?? '');
    present.add(NAMES.at(-1) ?? '');
    expect(sorted.all).toEqual([...present].sort());
  });

  it('takes as long for many changes at once as for one look', () => {
    const present = new Set(Array.from({ length: 200_000 }, (_, index) => `v${index}`));
    const sorted = new SortedNames(() => present);
    expect(sorted.all.length).toBe(200_000);
    const start = performance.now();
    for (const name of present) sorted.delete(name);
    expect(sorted.all).toEqual([]);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
