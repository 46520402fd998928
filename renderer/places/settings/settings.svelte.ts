import type { BudgetLoss, Settings, UndoLoss } from '../../../registry/api/contract.ts';
import { counted, formatSize } from '../../components/format.ts';
import { ApiError, ask, get, sentenceOf } from '../../state/api.ts';
import { events } from '../../state/events.svelte.ts';
import { Resource } from '../../state/resource.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { undo } from '../../state/undo.svelte.ts';

type Counted = 'undoDays' | 'reclaimMinutes' | 'untaggedDays' | 'verifyDays';

/** The registry's settings: saved at once, each with a way back. */
export class RegistrySettings {
  readonly resource = new Resource<Settings>((signal) => get<Settings>('/api/settings', {}, signal));
  /** What the server says about a value that it did not take, by the setting's name. */
  errors = $state.raw<Partial<Record<keyof Settings, string>>>({});
  /** What the budget that was given last would take for good: nothing is set before that is confirmed. */
  loss = $state.raw<BudgetLoss>();
  /** The same of the undo window. */
  undoLoss = $state.raw<UndoLoss>();

  get current(): Settings | undefined {
    return this.resource.value;
  }

  follow(): () => void {
    const read = () => void this.resource.refresh();
    read();
    const ends = [events.on('settings', read), events.on('reset', read)];
    return () => {
      for (const end of ends) end();
      this.resource.close();
    };
  }

  /** Whether it was taken; if not, `errors` says why. `what` goes on from `Changed`. */
  async save<Name extends keyof Settings>(name: Name, value: Settings[Name], what: string): Promise<boolean> {
    const before = this.current;
    this.#forget(name);
    if (before === undefined || JSON.stringify(before[name]) === JSON.stringify(value)) {
      this.#say(name, undefined);
      return true;
    }
    try {
      this.resource.value = await patch({ [name]: value });
      this.#say(name, undefined);
      undo.offer(`Changed ${what}`, async () => {
        this.resource.value = await patch({ [name]: before[name] });
      });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'CONFIRMATION_REQUIRED') {
        if (name === 'budget') this.loss = error.detail as BudgetLoss;
        else this.undoLoss = error.detail as UndoLoss;
        this.#say(name, undefined);
        return false;
      }
      this.#say(name, plainly(name, sentenceOf(error)));
      return false;
    }
  }

  /**
   * Sets the budget although something goes. Nothing brings that back, so that this offers no undo.
   *
   * @throws ApiError
   */
  async confirmBudget({ limit }: BudgetLoss): Promise<void> {
    this.resource.value = await patch({ budget: limit, confirm: true });
    this.loss = undefined;
    toasts.show(`The budget is ${formatSize(limit)} now. What was over it is being given up.`);
  }

  /** @see confirmBudget */
  async confirmUndoDays({ undoDays }: UndoLoss): Promise<void> {
    this.resource.value = await patch({ undoDays, confirm: true });
    this.undoLoss = undefined;
    toasts.show(`The undo window is ${counted(undoDays, 'day')} now. What is older is being given up.`);
  }

  /** Saves a number that was typed; a unit such as `days`. */
  saveNumber(name: Counted, text: string, unit: string, what: string): void {
    const value = Number(text.replace(',', '.') || Number.NaN);
    if (Number.isNaN(value)) this.refuse(name, `Give a number of ${unit}.`);
    else void this.save(name, value, what);
  }

  /** What was typed need not be sent to know that it is wrong. */
  refuse(name: keyof Settings, why: string): void {
    this.#forget(name);
    this.#say(name, why);
  }

  /** What was asked of a value that is given up. */
  #forget(name: keyof Settings): void {
    if (name === 'budget') this.loss = undefined;
    if (name === 'undoDays') this.undoLoss = undefined;
  }

  #say(name: keyof Settings, error: string | undefined): void {
    const { [name]: _, ...others } = this.errors;
    this.errors = error === undefined ? others : { ...others, [name]: error };
  }
}

/** `undoDays must be …` stands at its field, where there is no `null`. */
function plainly(name: keyof Settings, sentence: string): string {
  const text = sentence.replace(/, or null for [^.]*/, '');
  return text.toLowerCase().startsWith(name.toLowerCase() + ' ') ? `It${text.slice(name.length)}` : text;
}

const patch = (body: Partial<Settings> & { readonly confirm?: true }): Promise<Settings> =>
  ask<Settings>('PATCH', '/api/settings', { body });
