/**
 * Gives a list the focus that was lost with what it takes the place of, so that whoever opened it with Enter
 * goes on with the arrows. Not in a window that has just opened, and not away from anything.
 */
export function takeLostFocus(list: HTMLElement | undefined): void {
  if (document.activeElement === document.body && navigator.userActivation?.hasBeenActive) list?.focus();
}
