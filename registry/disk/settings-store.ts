import { join } from 'node:path';
import { Low } from 'lowdb';
import { RegistryError, type ErrorCode } from '../error.ts';
import { DEFAULT_SETTINGS, parseSettings, parseSettingsPatch, type Settings } from '../settings.ts';
import { DurableJSONFile } from './json-file.ts';

/** The file has the format of the data folder, too, and whatever a later version may have put there. */
type Members = Readonly<Record<string, unknown>>;

/**
 * The settings in berth.json. Only what somebody has set is written there, so that everything else follows
 * the defaults of the version that runs.
 */
export class SettingsStore {
  readonly #path: string;
  readonly #file: Low<Members>;
  #overrides: Partial<Settings>;
  #current: Settings = DEFAULT_SETTINGS;
  #changing: Promise<unknown> = Promise.resolve();
  readonly #listeners: ((settings: Settings) => void)[] = [];

  private constructor(path: string, overrides: Partial<Settings>) {
    this.#path = path;
    this.#file = new Low<Members>(new DurableJSONFile(path), {});
    this.#overrides = overrides;
  }

  /**
   * @param overrides count instead of what the file says, until they are changed
   * @throws RegistryError DATA_FOLDER_UNUSABLE naming the file and the member that is wrong
   */
  static async open(dataFolder: string, overrides: Partial<Settings> = {}): Promise<SettingsStore> {
    const store = new SettingsStore(join(dataFolder, 'berth.json'), overrides);
    const inFile = await store.#read('DATA_FOLDER_UNUSABLE');
    store.#current = { ...DEFAULT_SETTINGS, ...inFile, ...overrides };
    return store;
  }

  get current(): Settings {
    return this.#current;
  }

  /**
   * Changes the settings that the patch names. Durable when it resolves.
   *
   * @throws RegistryError REQUEST_INVALID for a patch that is wrong, which changes nothing; CONFLICT if the
   *   file is wrong by now
   */
  async change(patch: unknown): Promise<Settings> {
    const parsed = parseSettingsPatch(patch);
    const changed = this.#changing.then(() => this.#change(parsed));
    this.#changing = changed.catch(() => undefined);
    return await changed;
  }

  /** Calls `listener` after each change from now on. */
  subscribe(listener: (settings: Settings) => void): void {
    this.#listeners.push(listener);
  }

  async #change(patch: Partial<Settings>): Promise<Settings> {
    // Anew, because somebody may have edited the file since.
    const inFile = await this.#read('CONFLICT');
    this.#file.data = { ...this.#file.data, ...patch };
    await this.#file.write();
    const kept = Object.entries(this.#overrides).filter(([name]) => !(name in patch));
    this.#overrides = Object.fromEntries(kept);
    this.#current = { ...DEFAULT_SETTINGS, ...inFile, ...patch, ...this.#overrides };
    for (const listener of this.#listeners) listener(this.#current);
    return this.#current;
  }

  async #read(code: ErrorCode): Promise<Partial<Settings>> {
    try {
      await this.#file.read();
      return parseSettings(this.#file.data);
    } catch (error) {
      const problem = describe(error);
      if (problem === undefined) throw error;
      throw new RegistryError(code, `${this.#path} ${problem} Nothing was changed. Correct it first.`, {
        cause: error,
      });
    }
  }
}

function describe(error: unknown): string | undefined {
  if (error instanceof SyntaxError) return `is not readable JSON: ${error.message}.`;
  return error instanceof RegistryError ? `is not right: ${error.message}` : undefined;
}
