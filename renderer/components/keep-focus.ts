import { tick } from 'svelte';
import { on } from 'svelte/events';

const LISTS = '[role=grid], [role=tree], [role=listbox], [data-list]';
/** And what stands in place of one that is empty. */
const LISTS_AND_EMPTY = `${LISTS}, [data-empty] button`;
const CONTROLS = 'a[href], button:enabled, input:enabled, select:enabled, summary, [tabindex="0"]';

export interface KeptFocus {
  /** On to the list in the content, where the keys are wanted there. */
  readonly enter: () => void;
  readonly end: () => void;
}

/**
 * Begins in the content, at its list once there is one. Keeps the focus in the window when what had it leaves the page
 * or cannot be pressed any more. The keys go on from the nearest list; without one from what else is in the same part;
 * else from the content, until there is a list in it.
 */
export function keepFocus(content: HTMLElement): KeptFocus {
  /** What had the focus last, and all that it was in. */
  let last: readonly Element[] = [];
  let waiting = false;
  /** Has the focus without a ring. */
  let quiet: HTMLElement | undefined;
  /** Unknown in a window that has just opened. */
  let byKeys: boolean | undefined;

  // Not to a list that is just going.
  const enter = () => void tick().then(() => goOn([]));
  const notice = (event: Event) => {
    byKeys = event instanceof KeyboardEvent;
    // The key itself comes first.
    if (byKeys && quiet !== undefined) setTimeout(showRing);
    const isArrow = event instanceof KeyboardEvent && event.key.startsWith('Arrow');
    if (isArrow && document.activeElement === document.body) enter();
  };
  const follow = ({ target }: FocusEvent) => {
    last = ancestorsOf(target as Element);
    waiting = false;
  };
  const observer = new MutationObserver(() => {
    if (byKeys === undefined) begin();
    else if (waiting || isLost(last[0]))
      goOn(last.filter((element) => element.isConnected && !isAround(element, content)));
  });

  function begin() {
    const now = document.activeElement;
    if (now === document.body || now === content) focus(content.querySelector<HTMLElement>(LISTS) ?? content);
  }

  /** A ring is for those who come by keys. */
  function focus(element: HTMLElement) {
    element.focus({ preventScroll: true, focusVisible: byKeys === true });
    quiet = byKeys ? undefined : element;
  }

  /** To Chromium it belongs to how the focus came. */
  function showRing() {
    const now = quiet;
    quiet = undefined;
    if (now === undefined || now !== document.activeElement) return;
    now.blur();
    focus(now);
    waiting = now === content;
  }

  function goOn(around: readonly Element[]) {
    const next = refuge(around, content);
    if (next !== document.activeElement) focus(next);
    waiting = next === content;
  }

  const ends = [
    on(document, 'focusin', follow),
    on(window, 'keydown', notice, { capture: true }),
    on(window, 'pointerdown', notice, { capture: true }),
  ];
  observer.observe(document.body, { childList: true, attributeFilter: ['disabled'], subtree: true });
  const end = () => {
    for (const each of ends) each();
    observer.disconnect();
  };
  return { enter, end };
}

function isLost(last: Element | undefined): boolean {
  const now = document.activeElement;
  if (now !== document.body) return now !== null && now === last && now.matches(':disabled');
  return !last?.isConnected;
}

/** Gives it the focus again if nothing else has it: to whoever came with the keys, where they were. */
export function returnFocus(before: Element | null): void {
  if (document.activeElement === document.body && before instanceof HTMLElement)
    before.focus({ preventScroll: true });
}

const isAround = (element: Element, content: HTMLElement): boolean =>
  element !== content && element.contains(content);

function ancestorsOf(element: Element): readonly Element[] {
  const all: Element[] = [];
  for (let at: Element | null = element; at !== null; at = at.parentElement) all.push(at);
  return all;
}

/** @param around from the inside out */
function refuge(around: readonly Element[], content: HTMLElement): HTMLElement {
  const inOrder = [
    ...around
      .filter((element) => element.matches('form, dialog'))
      .map((element) => [element, CONTROLS] as const),
    ...around.map((element) => [element, LISTS_AND_EMPTY] as const),
    ...around
      .filter((element) => element.matches('li, ol, section, header'))
      .map((element) => [element, CONTROLS] as const),
    [content, LISTS_AND_EMPTY] as const,
  ];
  for (const [element, wanted] of inOrder) {
    const found = element.querySelector<HTMLElement>(wanted);
    if (found !== null) return found;
  }
  return content;
}
