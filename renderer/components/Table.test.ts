import { cleanup, render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { createRawSnippet } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import type { Column, RowState, Sort } from './list.ts';
import { Selection } from './selection.svelte.ts';
import Menus from './Menus.svelte';
import Table from './Table.svelte';

interface Row {
  readonly name: string;
}

const COLUMNS: readonly Column[] = [{ id: 'name', title: 'Name', width: '1fr', sort: 'up' }];

/** Of which there is no room for the last. */
const MORE_COLUMNS: readonly Column[] = [
  ...COLUMNS,
  { id: 'size', title: 'Size', width: '80px', sort: 'down' },
  { id: 'pulled', title: 'Pulled', width: '', sort: 'down', from: Infinity },
];

const cell = createRawSnippet<[Row, Column, RowState]>((row) => ({
  render: () => '<span></span>',
  setup: (element) => {
    element.textContent = row().name;
  },
}));

function setup(
  count: number,
  { columns = COLUMNS, sort }: { columns?: readonly Column[]; sort?: Sort } = {},
) {
  const selection = new Selection({ multiple: true });
  const calls = { onopen: vi.fn(), ondelete: vi.fn(), onsort: vi.fn(), onmenu: vi.fn() };
  const rows = Array.from({ length: count }, (_, index) => ({
    name: `row-${String(index).padStart(5, '0')}`,
  }));
  const nameOf = (row: Row) => row.name;
  const { container } = render(Table<Row>, {
    label: 'Rows',
    rows,
    keyOf: nameOf,
    textOf: nameOf,
    selection,
    columns,
    cell,
    ...(sort && { sort }),
    ...calls,
  });
  const grid = screen.getByRole('grid', { name: 'Rows' });
  return { selection, calls, grid, container, user: userEvent.setup() };
}

describe('Table', () => {
  it('makes only the rows in sight of fifty thousand, and says how many there are', () => {
    const { grid } = setup(50_000);
    expect(screen.getAllByRole('row').length).toBeLessThan(80);
    expect(grid).toHaveProperty('ariaRowCount', '50001');
  });

  it('moves and marks by keys', async () => {
    const { selection, grid, user } = setup(100);
    grid.focus();
    await user.keyboard('{Home}{ArrowDown}{Shift>}{ArrowDown}{ArrowDown}{/Shift}');
    expect([...selection.keys]).toEqual(['row-00001', 'row-00002', 'row-00003']);
    await user.keyboard('{End}');
    expect([...selection.keys]).toEqual(['row-00099']);
  });

  it('finds what is typed', async () => {
    const { selection, grid, user } = setup(100);
    grid.focus();
    await user.keyboard('row-00042');
    expect(selection.active).toBe('row-00042');
  });

  it('shows whoever comes by Tab the first row, and marks and opens nothing by that', async () => {
    const { selection, calls, grid, user } = setup(3);
    await user.tab();
    expect(grid.getAttribute('aria-activedescendant')).toBe(screen.getAllByRole('row')[1]?.id);
    expect([selection.active, selection.keys.size]).toEqual(['row-00000', 0]);
    expect(calls.onopen).not.toHaveBeenCalled();
    await user.keyboard('{ArrowDown}');
    expect([...selection.keys]).toEqual(['row-00001']);
  });

  it('shows whoever comes back the row where they were', async () => {
    const { selection, user } = setup(3);
    selection.active = 'row-00002';
    await user.tab();
    expect([selection.active, selection.keys.size]).toEqual(['row-00002', 0]);
  });

  it('opens with Enter, deletes with Delete', async () => {
    const { calls, grid, user } = setup(3);
    grid.focus();
    await user.keyboard('{Enter}{Delete}');
    expect(calls.onopen.mock.calls[0]).toEqual([{ name: 'row-00000' }]);
    expect(calls.ondelete).toHaveBeenCalledOnce();
  });

  it('marks the row of the arrows before something is done with what is marked', async () => {
    const { selection, calls, user } = setup(3);
    calls.ondelete.mockImplementation(() => expect([...selection.keys]).toEqual(['row-00000']));
    await user.tab();
    await user.keyboard('{Delete}');
    expect(calls.ondelete).toHaveBeenCalledOnce();
  });

  it('marks with clicks, and offers its menu where the pointer is', async () => {
    const { selection, calls, user } = setup(5);
    await user.click(screen.getByText('row-00001'));
    await user.keyboard('{Control>}');
    await user.click(screen.getByText('row-00003'));
    await user.keyboard('{/Control}');
    expect([...selection.keys]).toEqual(['row-00001', 'row-00003']);
    await user.pointer({ keys: '[MouseRight]', target: screen.getByText('row-00004') });
    expect([...selection.keys]).toEqual(['row-00004']);
    expect(calls.onmenu).toHaveBeenCalledOnce();
  });

  it('asks for another order at its heading', async () => {
    const { calls, user } = setup(2);
    await user.click(screen.getByRole('button', { name: 'Name' }));
    expect(calls.onsort.mock.calls[0]).toEqual([{ by: 'name', descending: false }]);
  });

  it('leads from the first row to its headings, and back', async () => {
    const { calls, grid, user } = setup(2);
    await user.tab();
    await user.keyboard('{ArrowUp}');
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Name' }));
    await user.keyboard('{Enter}');
    expect(calls.onsort).toHaveBeenCalledOnce();
    expect(screen.getByRole('status').textContent).toBe('Sorted by Name, ascending');
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(grid);
  });

  it('says by which column it is sorted where that has no room', () => {
    setup(2, { columns: MORE_COLUMNS, sort: { by: 'pulled', descending: true } });
    expect(screen.getByRole('button', { name: 'Sorted by Pulled, descending' }).textContent).toBe(
      'by Pulled',
    );
  });

  it('offers every order where columns have no room, and only there', async () => {
    render(Menus);
    const sort = { by: 'name', descending: false };
    const { calls, user } = setup(2, { columns: MORE_COLUMNS, sort });
    await user.tab();
    await user.keyboard('{ArrowUp}{ArrowRight}');
    const orders = screen.getByRole('button', { name: 'Sorted by Name, ascending' });
    expect(document.activeElement).toBe(orders);
    const choose = async (name: string) => {
      await user.click(orders);
      await user.click(screen.getByRole('menuitemcheckbox', { name }));
    };
    await choose('Pulled');
    expect(screen.getByRole('status').textContent).toBe('Sorted by Pulled, descending');
    await choose('Descending');
    expect(calls.onsort.mock.calls).toEqual([
      [{ by: 'pulled', descending: true }],
      [{ by: 'name', descending: true }],
    ]);
    cleanup();
    setup(2, { sort });
    expect(screen.getAllByRole('button').map(({ textContent }) => textContent.trim())).toEqual(['Name']);
  });

  it('has nothing that axe finds', async () => {
    const { container } = setup(5, { columns: MORE_COLUMNS, sort: { by: 'pulled', descending: true } });
    const { violations } = await axe.run(container, { rules: { 'color-contrast': { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });
});
