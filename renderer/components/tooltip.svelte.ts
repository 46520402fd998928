import type { Attachment } from 'svelte/attachments';
import { on } from 'svelte/events';

const PATIENCE_MS = 450;

interface Shown {
  readonly text: string;
  readonly keys?: string;
  readonly mono: boolean;
  readonly anchor: Element;
}

/** The one tooltip of the window. */
export class TooltipState {
  shown = $state.raw<Shown>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(shown: Shown, patient: boolean): void {
    clearTimeout(this.#timer);
    // Once one is seen, its neighbours come at once.
    if (!patient || this.shown !== undefined) this.shown = shown;
    else this.#timer = setTimeout(() => (this.shown = shown), PATIENCE_MS);
  }

  hide(anchor?: Element): void {
    clearTimeout(this.#timer);
    if (anchor === undefined || this.shown?.anchor === anchor) this.shown = undefined;
  }
}

export const tooltips = new TooltipState();

/** What pointing at it or focusing it shows. It adds to a name and never is the name. */
export function tooltip(
  text: string | undefined,
  { keys, mono = false }: { keys?: string; mono?: boolean } = {},
): Attachment {
  return (anchor) => {
    if (!text) return undefined;
    const shown: Shown = { text, mono, anchor, ...(keys !== undefined && { keys }) };
    const point = () => tooltips.show(shown, true);
    const focus = () => anchor.matches(':focus-visible') && tooltips.show(shown, false);
    const leave = () => tooltips.hide(anchor);
    // Svelte's own `on`: a focused anchor loses the focus while Svelte removes it, where a plain listener may change nothing.
    const ends = [
      on(anchor, 'pointerenter', point),
      on(anchor, 'focusin', focus),
      on(anchor, 'pointerleave', leave),
      on(anchor, 'pointerdown', leave),
      on(anchor, 'focusout', leave),
    ];
    return () => {
      leave();
      for (const end of ends) end();
    };
  };
}
