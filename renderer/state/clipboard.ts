import { toasts } from './toasts.svelte.ts';

/** Copies and says what; a browser may refuse where the page is not trusted. */
export async function copy(text: string, what: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.show(`Copied ${what}`);
    return true;
  } catch {
    toasts.show(`This browser does not let Berth copy. Select the text and copy it by hand.`, {
      tone: 'attention',
    });
    return false;
  }
}

/** The same where the button itself shows that it worked. */
export async function copyQuietly(text: string, what: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copy(text, what);
  }
}
