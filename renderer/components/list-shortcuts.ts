import { onMac, type Shortcut } from '../state/keys.svelte.ts';

/** Every other system does it by itself. */
const openMenu = () =>
  void document.activeElement?.dispatchEvent(
    new MouseEvent('contextmenu', { bubbles: true, cancelable: true }),
  );

const inLists = (keys: string, label: string): Shortcut => ({ keys, label, group: 'Lists' });

/** What lists, tables and trees do by themselves, for the sheet of keys. */
export const LIST_SHORTCUTS: readonly Shortcut[] = [
  inLists('ArrowDown', 'Next row; with Shift, mark up to it'),
  inLists('ArrowUp', 'Above the first row: the headings, to sort'),
  inLists('PageDown', 'A page on'),
  inLists('PageUp', 'A page back'),
  inLists('Home', 'First row'),
  inLists('End', 'Last row'),
  inLists('A-Z', 'A row that begins with what is typed'),
  inLists('ArrowRight', 'Open a folder, or go into it'),
  inLists('ArrowLeft', 'Close a folder, or go out of it'),
  inLists('Enter', 'Open'),
  inLists('mod+a', 'Mark all'),
  inLists('mod+ ', 'Mark one more, or one less'),
  inLists('mod+c', 'Copy'),
  inLists('Delete', 'Delete, with a way back'),
  { ...inLists('shift+F10', 'What can be done with it'), ...(onMac && { run: openMenu }) },
];
