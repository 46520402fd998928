import type { Settings } from '../../../registry/api/contract.ts';
import { ask, get, sentenceOf } from '../../state/api.ts';
import { events } from '../../state/events.svelte.ts';
import { Resource } from '../../state/resource.svelte.ts';
import { undo } from '../../state/undo.svelte.ts';

type Counted = 'undoDays' | 'reclaimMinutes' | 'untaggedDays' | 'verifyDays';

/** The registry's settings: saved at once, each with a way back. */
export class RegistrySettings {
  readonly resource = new Resource<Settings>((signal) => get<Settings>('/api/settings', {}, signal));
  /** What the server says about a value that it did not take, by the setting's name. */
  errors = $state.raw<Partial<Record<keyof Settings, string>>>({});

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
      this.#say(name, plainly(name, sentenceOf(error)));
      return false;
    }
  }

  /** The same of a number that was typed; a unit such as `days`. */
  saveNumber(name: Counted, text: string, unit: string, what: string): void {
    const value = Number(text.replace(',', '.') || Number.NaN);
    if (Number.isNaN(value)) this.refuse(name, `Give a number of ${unit}.`);
    else void this.save(name, value, what);
  }

  /** What was typed need not be sent to know that it is wrong. */
  refuse(name: keyof Settings, why: string): void {
    this.#say(name, why);
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

const patch = (body: Partial<Settings>): Promise<Settings> =>
  ask<Settings>('PATCH', '/api/settings', { body });
