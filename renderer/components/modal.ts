import type { Attachment } from 'svelte/attachments';
import { returnFocus } from './keep-focus.ts';

/** Shows a dialog over the window for as long as it is in the page; then the focus goes back to where it was. */
export const modal: Attachment<HTMLDialogElement> = (dialog) => {
  const before = document.activeElement;
  dialog.showModal();
  return () => returnFocus(before);
};
