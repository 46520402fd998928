import { describe, expect, it, vi } from 'vitest';
import { isPressed, Keys } from './keys.svelte.ts';

const press = (key: string, more: KeyboardEventInit = {}) =>
  new KeyboardEvent('keydown', { key, cancelable: true, ...more });

describe('isPressed', () => {
  it.each([
    ['mod+k', press('k', { ctrlKey: true }), true],
    ['mod+k', press('k'), false],
    ['mod+k', press('k', { ctrlKey: true, altKey: true }), false],
    ['mod+k', press('K', { ctrlKey: true, shiftKey: true }), false],
    ['mod+shift+c', press('C', { ctrlKey: true, shiftKey: true }), true],
    ['?', press('?', { shiftKey: true }), true],
    ['?', press('?'), true],
    ['Delete', press('Delete'), true],
  ])('%s', (keys, event, expected) => expect(isPressed(keys, event)).toBe(expected));
});

describe('Keys', () => {
  function setup() {
    const keys = new Keys();
    const run = vi.fn();
    const end = keys.follow();
    return { keys, run, end };
  }

  function typeInto(element: HTMLElement, event: KeyboardEvent) {
    document.body.append(element);
    element.dispatchEvent(
      new KeyboardEvent(event.type, {
        key: event.key,
        ctrlKey: event.ctrlKey,
        bubbles: true,
        cancelable: true,
      }),
    );
    element.remove();
  }

  it('runs what was added last, until it is taken away', () => {
    const { keys, run, end } = setup();
    const other = vi.fn();
    keys.add({ keys: '?', label: '', group: 'Window', run });
    const take = keys.add({ keys: '?', label: '', group: 'Window', run: other });
    dispatchEvent(press('?'));
    take();
    dispatchEvent(press('?'));
    end();
    expect([run.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
  });

  it('leaves letters and undo to a field, and takes what belongs to the window', () => {
    const { keys, run, end } = setup();
    for (const each of ['?', 'mod+z', 'mod+k', 'Escape'])
      keys.add({ keys: each, label: '', group: 'Window', run: () => run(each) });
    const field = document.createElement('input');
    typeInto(field, press('?'));
    typeInto(field, press('z', { ctrlKey: true }));
    typeInto(field, press('k', { ctrlKey: true }));
    typeInto(field, press('Escape'));
    end();
    expect(run.mock.calls).toEqual([['mod+k'], ['Escape']]);
  });

  it('leaves Escape to a dialog that is open', () => {
    const { keys, run, end } = setup();
    keys.add({ keys: 'Escape', label: '', group: 'Window', run });
    const dialog = document.createElement('dialog');
    document.body.append(dialog);
    dialog.showModal();
    dispatchEvent(press('Escape'));
    expect(run).not.toHaveBeenCalled();
    dialog.close();
    dispatchEvent(press('Escape'));
    expect(run).toHaveBeenCalledOnce();
    dialog.remove();
    end();
  });
});
