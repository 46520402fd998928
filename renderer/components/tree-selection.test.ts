import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import Tree from './Tree.svelte';

const PATHS = ['lib/base', 'lib/core', 'team/app', 'team/web', 'zoo'];

function setup(selected?: string) {
  const onselect = vi.fn((path: string) => void show(path));
  const { rerender } = render(Tree, { label: 'Repositories', paths: PATHS, selected, onselect });
  const show = (path: string | undefined) => rerender({ selected: path });
  const user = userEvent.setup();
  const rowOf = (name: string) => screen.getByRole('treeitem', { name });
  return {
    onselect,
    user,
    show,
    toggle: (name: string) => user.click(rowOf(name).querySelector('button') as Element),
    names: () => screen.getAllByRole('treeitem').map((row) => row.textContent.trim()),
    marked: () =>
      screen
        .getAllByRole('treeitem')
        .filter((row) => row.ariaSelected === 'true')
        .map((row) => row.textContent.trim()),
  };
}

describe('Tree', () => {
  it('chooses by the arrows, and opens and closes folders by them', async () => {
    const { user, onselect, names } = setup('lib/base');
    screen.getByRole('tree').focus();
    await user.keyboard('{ArrowDown}');
    expect(onselect.mock.calls).toEqual([['lib/core']]);
    await user.keyboard('{ArrowLeft}{ArrowLeft}');
    expect(names()).toEqual(['lib', 'team', 'app', 'web', 'zoo']);
    await user.keyboard('{ArrowRight}{ArrowRight}');
    expect(names()).toEqual(['lib', 'base', 'core', 'team', 'app', 'web', 'zoo']);
    expect(onselect.mock.calls).toEqual([['lib/core'], ['lib/base']]);
  });

  it('opens the folder of what is opened elsewhere, and chooses nothing else', async () => {
    const { show, toggle, names, marked, onselect } = setup('zoo');
    await toggle('lib');
    expect(names()).toEqual(['lib', 'team', 'app', 'web', 'zoo']);
    await show('lib/core');
    expect(names()).toEqual(['lib', 'base', 'core', 'team', 'app', 'web', 'zoo']);
    expect(marked()).toEqual(['core']);
    expect(onselect).not.toHaveBeenCalled();
  });

  it('chooses no neighbour when the folder of what is open closes, and marks it again', async () => {
    const { toggle, marked, names, onselect } = setup('team/app');
    await toggle('team');
    expect(names()).toEqual(['lib', 'base', 'core', 'team', 'zoo']);
    expect(marked()).toEqual([]);
    await toggle('team');
    expect(marked()).toEqual(['app']);
    expect(onselect).not.toHaveBeenCalled();
  });

  it('marks nothing of what is not there', async () => {
    const { show, marked, onselect } = setup('team/app');
    await show('gone/app');
    expect(marked()).toEqual([]);
    await show(undefined);
    expect(marked()).toEqual([]);
    expect(onselect).not.toHaveBeenCalled();
  });
});
