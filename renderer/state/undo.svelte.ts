import type { ChangeSummary } from '../../registry/api/contract.ts';
import { get, inWindow, post, sentenceOf } from './api.ts';
import { events } from './events.svelte.ts';
import { toasts, type Refused } from './toasts.svelte.ts';

/** A push is many changes; nobody presses faster than this. */
const PACE_MS = 300;

interface Done {
  readonly toast: number;
  /** The journal's; none if it does not know of it. */
  readonly changes: readonly number[];
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
  #timer: ReturnType<typeof setTimeout> | undefined;
  #server = '';

  /** Learns what can no longer be taken back; returns how to end it. */
  follow(): () => void {
    const look = () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.#look();
      }, PACE_MS);
    };
    const ends = [events.on('changed', look), events.on('reset', look)];
    return () => {
      clearTimeout(this.#timer);
      for (const end of ends) end();
    };
  }

  /** Another server may have another folder, in which the same number is another change. */
  meet(server: string): void {
    if (this.#server !== '' && server !== this.#server) {
      for (const { toast } of this.#done) toasts.dismiss(toast);
      this.#done = [];
      this.asked = undefined;
    }
    this.#server = server;
  }

  /** Something is being done: who takes back the last change before the answer is there means this one. */
  during(deed: Promise<unknown>): void {
    this.#doing = Promise.allSettled([this.#doing, deed]);
  }

  /**
   * Says that something was done and offers to take it back; `change` is the journal's, or how to reverse it. The text
   * begins with what was done, because it is said again behind "Undone: ".
   *
   * @param changes of the journal that it reverses: what happens to them is followed as long as it is offered
   */
  offer(
    text: string,
    change: number | null | (() => Promise<unknown>),
    changes: readonly number[] = typeof change === 'number' ? [change] : [],
  ): void {
    if (change === null) {
      toasts.show(text);
      return;
    }
    const takeBack = typeof change === 'function' ? change : () => post('/api/undo', { change });
    const toast = toasts.show(text, { action: { label: 'Undo', run: () => void this.#takeBack(done) } });
    const done: Done = { toast, changes, text, takeBack };
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

  /** Looks at what is offered on the screen. */
  async #look(): Promise<void> {
    for (const done of this.#done) {
      if (!toasts.all.some(({ id }) => id === done.toast)) continue;
      const found = await findChanges(done.changes).catch(() => undefined);
      // Whoever presses it reads why nothing can be learnt.
      if (found === undefined) return;
      const isUndone = found.some((change) => change?.undoneBy !== undefined);
      if (isUndone) this.#done = this.#done.filter((each) => each !== done);
      toasts.refuse(done.toast, found.map(refusedOf).find(Boolean));
    }
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

/** Undefined in place of those that the registry remembers no longer. */
async function findChanges(wanted: readonly number[]): Promise<readonly (ChangeSummary | undefined)[]> {
  if (wanted.length === 0) return [];
  const last = Math.max(...wanted);
  const query = { before: last + 1, limit: last - Math.min(...wanted) + 1 };
  const { changes } = await get<{ changes: readonly ChangeSummary[] }>('/api/changes', query);
  return wanted.map((each) => changes.find(({ change }) => change === each));
}

function refusedOf(change: ChangeSummary | undefined): Refused | undefined {
  const label = 'Can no longer be undone';
  if (change === undefined) return { label, why: 'Too much has changed since.' };
  if (change.undoneBy !== undefined)
    return { label: 'Undone elsewhere', why: `Change ${change.undoneBy} undid it.` };
  return change.refusal === undefined ? undefined : { label, why: inWindow(change.refusal) };
}

export const undo = new Undo();
