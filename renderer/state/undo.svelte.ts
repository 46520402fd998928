import type { ChangeSummary } from '../../registry/api/contract.ts';
import { get, post, sentenceOf } from './api.ts';
import { toasts } from './toasts.svelte.ts';

interface Done {
  readonly toast: number;
  /** For people: `Deleted app:v1`. */
  readonly text: string;
  readonly takeBack: () => Promise<unknown>;
}

/** What this window changed, so that it can be taken back from its toast or with Ctrl/Cmd-Z. */
export class Undo {
  /** A change that somebody else made, which Ctrl/Cmd-Z found and asks about. */
  asked = $state.raw<ChangeSummary>();
  #done: readonly Done[] = [];
  #doing: Promise<unknown> = Promise.resolve();

  /** Something is being done: who takes back the last change before the answer is there means this one. */
  during(deed: Promise<unknown>): void {
    this.#doing = Promise.allSettled([this.#doing, deed]);
  }

  /**
   * Says that something was done and offers to take it back; `change` is the journal's, or how to reverse it. The text
   * begins with what was done, because it is said again behind "Undone: ".
   */
  offer(text: string, change: number | null | (() => Promise<unknown>)): void {
    if (change === null) {
      toasts.show(text);
      return;
    }
    const takeBack = typeof change === 'function' ? change : () => post('/api/undo', { change });
    const toast = toasts.show(text, { action: { label: 'Undo', run: () => void this.#takeBack(done) } });
    const done: Done = { toast, text, takeBack };
    this.#done = [...this.#done, done].slice(-50);
  }

  /** The last change of this window; if there is none, asks about the registry's. */
  async last(): Promise<void> {
    await this.#doing;
    const done = this.#done.at(-1);
    if (done !== undefined) {
      await this.#takeBack(done);
      return;
    }
    try {
      const { changes } = await get<{ changes: readonly ChangeSummary[] }>('/api/changes', { limit: 20 });
      this.asked = changes.find(
        ({ undoneBy, undoOf, refusal }) =>
          undoneBy === undefined && undoOf === undefined && refusal === undefined,
      );
      if (this.asked === undefined) toasts.show('There is nothing to undo.');
    } catch (error) {
      toasts.show(sentenceOf(error), { tone: 'danger' });
    }
  }

  /** The answer to `asked`. */
  async answer(yes: boolean): Promise<void> {
    const { asked } = this;
    this.asked = undefined;
    if (!yes || asked === undefined) return;
    await this.#report(() => post('/api/undo', { change: asked.change }), `Undone: ${asked.summary}`);
  }

  async #takeBack(done: Done): Promise<void> {
    this.#done = this.#done.filter((each) => each !== done);
    toasts.dismiss(done.toast);
    await this.#report(done.takeBack, `Undone: ${done.text.charAt(0).toLowerCase()}${done.text.slice(1)}`);
  }

  async #report(run: () => Promise<unknown>, text: string): Promise<void> {
    try {
      await run();
      toasts.show(text);
    } catch (error) {
      toasts.show(sentenceOf(error), { tone: 'danger' });
    }
  }
}

export const undo = new Undo();
