import type { Attachment } from 'svelte/attachments';

/**
 * When what had the focus in an element is taken out of the page, the keys go on from the element's list: a button
 * that does its deed and goes would leave them nowhere.
 */
export function keepFocus(): Attachment<HTMLElement> {
  return (element) => {
    let last: EventTarget | null = null;
    const follow = ({ target }: FocusEvent) => (last = target);
    const observer = new MutationObserver(() => {
      if (!(last instanceof Element) || last.isConnected || document.activeElement !== document.body) return;
      const list = element.querySelector<HTMLElement>('[role=grid]');
      list?.focus({ preventScroll: true });
    });
    element.addEventListener('focusin', follow);
    observer.observe(element, { childList: true, subtree: true });
    return () => {
      element.removeEventListener('focusin', follow);
      observer.disconnect();
    };
  };
}
