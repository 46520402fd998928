import type { Settings } from '../../../registry/api/contract.ts';
import { ask, get, sentenceOf } from '../../state/api.ts';
import { events } from '../../state/events.svelte.ts';
import { Resource } from '../../state/resource.svelte.ts';
import { undo } from '../../state/undo.svelte.ts';

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
      this.#say(name, sentenceOf(error));
      return false;
    }
  }

  #say(name: keyof Settings, error: string | undefined): void {
    const { [name]: _, ...others } = this.errors;
    this.errors = error === undefined ? others : { ...others, [name]: error };
  }
}

const patch = (body: Partial<Settings>): Promise<Settings> =>
  ask<Settings>('PATCH', '/api/settings', { body });
