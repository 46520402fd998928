import { describe, expect, it } from 'vitest';
import { Newest } from './newest.ts';
import { OldestFirst } from './oldest-first.ts';

/** Always the same, in an order that looks like none. */
function times(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 7919) % count);
}

describe('Newest', () => {
  it('has the newest, however they came', () => {
    const entries = times(1000).map((time) => ({ name: `tag-${time}`, time }));
    const newest = new Newest(3);
    for (const entry of entries) newest.add(entry);
    const kept = entries.filter((entry) => newest.has(entry)).map(({ time }) => time);
    expect(kept.toSorted((one, other) => one - other)).toEqual([997, 998, 999]);
  });

  it('has all while there are fewer than it keeps', () => {
    const newest = new Newest(3);
    newest.add({ name: 'a', time: 2 });
    newest.add({ name: 'b', time: 1 });
    expect(newest.has({ name: 'b', time: 1 })).toBe(true);
  });

  it('takes the first by name of those that came together, and no more', () => {
    const newest = new Newest(2);
    const entries = ['c', 'a', 'd', 'b'].map((name) => ({ name, time: 5 }));
    for (const entry of entries) newest.add(entry);
    expect(entries.filter((entry) => newest.has(entry)).map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('OldestFirst', () => {
  it('hands out the oldest first, and nothing at the end', () => {
    const heap = new OldestFirst<number>();
    for (const time of times(500)) heap.add(time, time);
    const taken: (number | undefined)[] = [];
    for (let count = 0; count <= 500; count += 1) taken.push(heap.take());
    expect(taken).toEqual([...times(500).toSorted((one, other) => one - other), undefined]);
  });
});
