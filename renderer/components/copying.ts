import Copy from '@lucide/svelte/icons/copy';
import { copy } from '../state/clipboard.ts';
import { counted } from './format.ts';
import type { MenuItem } from './menus.svelte.ts';

/** Copies some of one kind, a line each. @param one what one of them is: `digest` */
export const copyEach = (texts: readonly string[], one: string): Promise<boolean> =>
  copy(texts.join('\n'), texts.length === 1 ? `the ${one}` : counted(texts.length, one));

/** The same in the menu of rows, which is also what their list does by Ctrl/Cmd-C. */
export const copyItem = (texts: readonly string[], one: string): MenuItem => ({
  label: `Copy ${texts.length === 1 ? one : counted(texts.length, one)}`,
  icon: Copy,
  keys: 'mod+c',
  run: () => void copyEach(texts, one),
});
