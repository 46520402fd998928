import { describe, expect, it } from 'vitest';
import { Selection } from './selection.svelte.ts';

const ORDER = ['a', 'b', 'c', 'd', 'e'];
const plain = { shiftKey: false, ctrlKey: false, metaKey: false };

function setup() {
  const selection = new Selection({ multiple: true });
  return { selection, marked: () => [...selection.keys].sort().join('') };
}

describe('Selection', () => {
  it('marks one with a click', () => {
    const { selection, marked } = setup();
    selection.click('b', ORDER, plain);
    selection.click('d', ORDER, plain);
    expect(marked()).toBe('d');
  });

  it('marks from the first click to the one with Shift, in both directions', () => {
    const { selection, marked } = setup();
    selection.click('c', ORDER, plain);
    selection.click('e', ORDER, { ...plain, shiftKey: true });
    expect(marked()).toBe('cde');
    selection.click('a', ORDER, { ...plain, shiftKey: true });
    expect(marked()).toBe('abc');
  });

  it('adds and takes away with Ctrl or Cmd', () => {
    const { selection, marked } = setup();
    selection.click('a', ORDER, plain);
    selection.click('d', ORDER, { ...plain, ctrlKey: true });
    selection.click('a', ORDER, { ...plain, metaKey: true });
    expect(marked()).toBe('d');
  });

  it('marks only one where only one may be marked', () => {
    const selection = new Selection();
    selection.only('a');
    selection.extend('c', ORDER);
    selection.everything(ORDER);
    expect([...selection.keys]).toEqual(['c']);
  });

  it('marks nothing in place of what is gone, and goes on from the next row', () => {
    const { selection, marked } = setup();
    selection.only('b');
    selection.keep(new Set(['a', 'c']), 'c');
    expect(marked()).toBe('');
    expect(selection.active).toBe('c');
  });

  it('keeps what is left of several', () => {
    const { selection, marked } = setup();
    selection.only('a');
    selection.extend('c', ORDER);
    selection.keep(new Set(['a', 'b', 'd']), 'd');
    expect(marked()).toBe('ab');
  });
});
