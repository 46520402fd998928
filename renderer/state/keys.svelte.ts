import { untrack } from 'svelte';

export interface Shortcut {
  /** `mod+k`, `shift+mod+z`, `?`, `Delete`; `mod` is Cmd on a Mac and Ctrl elsewhere. */
  readonly keys: string;
  readonly label: string;
  readonly group: 'Window' | 'Lists' | 'Image';
  /** Absent if a component handles it itself and it is only listed here. */
  readonly run?: () => void;
}

export const onMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Every shortcut of what is on the screen now; the sheet behind `?` shows them. */
export class Keys {
  all = $state.raw<readonly Shortcut[]>([]);

  /** Returns how to take them away. */
  add(...shortcuts: readonly Shortcut[]): () => void {
    // Whoever adds some in an effect does not want to hear of the others.
    untrack(() => (this.all = [...this.all, ...shortcuts]));
    return () => untrack(() => (this.all = this.all.filter((each) => !shortcuts.includes(each))));
  }

  follow(): () => void {
    const press = (event: KeyboardEvent) => this.press(event);
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }

  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    // Escape closes the dialog, and nothing below it.
    if (event.key === 'Escape' && document.querySelector('dialog[open]') !== null) return;
    const pressed = this.all.findLast(({ keys, run }) => run !== undefined && isPressed(keys, event));
    if (pressed?.run === undefined || (isText(event.target) && !takesOverText(pressed.keys))) return;
    event.preventDefault();
    pressed.run();
  }
}

export function isPressed(keys: string, event: KeyboardEvent): boolean {
  const parts = keys.split('+');
  const key = parts.pop() ?? '';
  const mod = onMac ? event.metaKey : event.ctrlKey;
  const other = onMac ? event.ctrlKey : event.metaKey;
  if (mod !== parts.includes('mod') || other || event.altKey !== parts.includes('alt')) return false;
  // Where `?` lies needs Shift on one keyboard and not on the next.
  if (/^[a-z]$|^\w{2,}$/i.test(key) && event.shiftKey !== parts.includes('shift')) return false;
  return event.key.toLowerCase() === key.toLowerCase();
}

/** For eyes: `⌘K` on a Mac, `Ctrl K` elsewhere. */
export function keyNames(keys: string): readonly string[] {
  const names: Record<string, string> = onMac
    ? { mod: '⌘', shift: '⇧', alt: '⌥', Enter: '↩', Delete: '⌫', Escape: 'esc', ' ': 'Space' }
    : { mod: 'Ctrl', shift: 'Shift', alt: 'Alt', Escape: 'Esc', ' ': 'Space' };
  const moves: Record<string, string> = {
    ArrowUp: '↑',
    ArrowDown: '↓',
    ArrowLeft: '←',
    ArrowRight: '→',
    PageUp: 'Page Up',
    PageDown: 'Page Down',
  };
  return keys
    .split('+')
    .map((key) => names[key] ?? moves[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}

function isText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=button])')
  );
}

/** In a field, letters and Ctrl/Cmd-Z are the field's; and Escape, which it keeps to itself while it has a use for it. */
function takesOverText(keys: string): boolean {
  return keys === 'Escape' || (keys.includes('mod+') && !keys.endsWith('+z'));
}

export const keys = new Keys();
