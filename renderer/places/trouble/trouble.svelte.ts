import type { Trouble, TroubleBridge, TroubleChoice } from '../../../main/bridge.ts';

const TITLES: Readonly<Record<Trouble['kind'], string>> = {
  'port taken': 'Berth could not open its port',
  'folder in use': 'The data folder is in use',
  'folder unusable': 'The data folder cannot be used',
  'journal damaged': 'The journal is damaged',
  other: 'Berth could not start',
};

/** Why the registry of the desktop app does not run, and what is being tried against it. */
export class TroubleState {
  trouble = $state.raw<Trouble | null>(null);
  /** The choice that is under way. */
  trying = $state.raw<TroubleChoice['choice'] | null>(null);
  port = $state('');
  readonly #bridge: TroubleBridge;

  constructor(bridge: TroubleBridge) {
    this.#bridge = bridge;
  }

  get title(): string {
    return this.trouble === null ? 'Nothing is wrong' : TITLES[this.trouble.kind];
  }

  /** What is wrong with the port that is in the field; undefined if nothing is. */
  get portError(): string | undefined {
    const port = Number(this.port);
    if (!/^\d+$/.test(this.port) || port < 1 || port > 65_535) return 'A port is a number from 1 to 65535.';
    return undefined;
  }

  /** Returns how to end it. */
  follow(): () => void {
    void this.#bridge.read().then((trouble) => this.#show(trouble));
    return this.#bridge.onChange((trouble) => this.#show(trouble));
  }

  async choose(choice: Exclude<TroubleChoice['choice'], 'choose another port'>): Promise<void> {
    await this.#try({ choice });
  }

  async choosePort(): Promise<void> {
    if (this.portError === undefined)
      await this.#try({ choice: 'choose another port', port: Number(this.port) });
  }

  async #try(choice: TroubleChoice): Promise<void> {
    this.trying = choice.choice;
    try {
      this.#show(await this.#bridge.choose(choice));
    } finally {
      this.trying = null;
    }
  }

  #show(trouble: Trouble | null): void {
    // A port that somebody is typing stays; the first proposal is the one after the port that is taken.
    if (trouble !== null && trouble.port !== this.trouble?.port) {
      this.port = String(trouble.port === 65_535 ? 65_534 : trouble.port + 1);
    }
    this.trouble = trouble;
  }
}
