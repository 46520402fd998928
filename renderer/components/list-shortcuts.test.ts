import { render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import type { RowState } from './list.ts';
import { LIST_SHORTCUTS } from './list-shortcuts.ts';
import { Selection } from './selection.svelte.ts';
import VirtualList from './VirtualList.svelte';

/** All that a keyboard has, as the sheet names it. */
const KEYBOARD = [
  'Enter',
  'Escape',
  'Delete',
  'Insert',
  'Home',
  'End',
  'PageUp',
  'PageDown',
  'ArrowUp',
  'ArrowDown',
  'mod+ ',
  ...Array.from('abcdefghijklmnopqrstuvwxyz', (key) => `mod+${key}`),
  ...Array.from({ length: 12 }, (_, index) => `F${index + 1}`),
];
/** Of a list with folders, of the browser, and what is one entry for many keys. */
const ELSEWHERE = new Set(['ArrowLeft', 'ArrowRight', 'shift+F10', 'A-Z']);

function setup() {
  const selection = new Selection({ multiple: true });
  selection.only('b');
  const row = createRawSnippet<[string, RowState]>(() => ({ render: () => '<span></span>' }));
  const deeds = { onopen: vi.fn(), oncopy: vi.fn(), ondelete: vi.fn(), onmenu: vi.fn() };
  const rows = ['a', 'b', 'c'];
  render(VirtualList<string>, {
    label: 'Rows',
    rows,
    keyOf: (key) => key,
    textOf: (key) => key,
    selection,
    row,
    ...deeds,
  });
  const list = screen.getByRole('listbox');
  return (keys: string): boolean => {
    const key = keys.split('+').at(-1) ?? '';
    const ctrlKey = keys.startsWith('mod+');
    return !list.dispatchEvent(
      new KeyboardEvent('keydown', { key, ctrlKey, bubbles: true, cancelable: true }),
    );
  };
}

describe('LIST_SHORTCUTS', () => {
  it('names every key that a list takes, and no other', () => {
    const takes = setup();
    const named = LIST_SHORTCUTS.map(({ keys }) => keys).filter((keys) => !ELSEWHERE.has(keys));
    expect(KEYBOARD.filter(takes).sort()).toEqual(named.sort());
  });

  it('has the key of menus where the system has none', async () => {
    vi.resetModules();
    vi.stubGlobal('navigator', { platform: 'MacIntel' });
    const { LIST_SHORTCUTS: onMac } = await import('./list-shortcuts.ts');
    const asked = vi.fn();
    document.addEventListener('contextmenu', asked, { once: true });
    onMac.find(({ keys }) => keys === 'shift+F10')?.run?.();
    expect(asked).toHaveBeenCalledOnce();
    vi.unstubAllGlobals();
    expect(LIST_SHORTCUTS.every(({ run }) => run === undefined)).toBe(true);
  });
});
