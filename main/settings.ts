import { EventEmitter } from 'node:events';
import { rename } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { Low } from 'lowdb';
import { JSONFile } from 'lowdb/node';
import * as v from 'valibot';
import type { DesktopPreferences, DesktopSettings } from './bridge.ts';
import { Turns } from './turns.ts';

export const PORT = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

/** Without a beginning it would be another one wherever the app is started. */
export const FOLDER = v.pipe(v.string(), v.maxLength(4096), v.check(isAbsolute, 'a whole path'));

const PREFERENCES = {
  startAtLogin: v.boolean(),
  notifications: v.boolean(),
  appearance: v.picklist(['system', 'light', 'dark']),
  whatDoesQuit: v.picklist(['ask', 'wait', 'cut']),
} satisfies { [Name in keyof DesktopPreferences]: v.GenericSchema<unknown, DesktopPreferences[Name]> };

/** Some of them: what the window changes at once. */
export const PREFERENCES_PATCH = v.strictObject({
  startAtLogin: v.exactOptional(PREFERENCES.startAtLogin),
  notifications: v.exactOptional(PREFERENCES.notifications),
  appearance: v.exactOptional(PREFERENCES.appearance),
  whatDoesQuit: v.exactOptional(PREFERENCES.whatDoesQuit),
});

/** Of the screen. What is no such number Electron refuses by throwing, and there would be no window. */
const PIXELS = v.pipe(v.number(), v.integer(), v.minValue(-100_000), v.maxValue(100_000));

const BOUNDS = v.object({
  x: PIXELS,
  y: PIXELS,
  width: v.pipe(PIXELS, v.minValue(1)),
  height: v.pipe(PIXELS, v.minValue(1)),
  maximized: v.boolean(),
});

export type WindowBounds = v.InferOutput<typeof BOUNDS>;

/** A member that is wrong counts as absent: a slip of somebody's hand must not keep the app from starting. */
const FILE = v.object({
  port: v.fallback(PORT, 5080),
  /** Null for the folder that the platform has for the app. */
  dataFolder: v.fallback(v.nullable(FOLDER), null),
  startAtLogin: v.fallback(PREFERENCES.startAtLogin, false),
  notifications: v.fallback(PREFERENCES.notifications, true),
  appearance: v.fallback(PREFERENCES.appearance, 'system'),
  whatDoesQuit: v.fallback(PREFERENCES.whatDoesQuit, 'ask'),
  window: v.fallback(v.nullable(BOUNDS), null),
});

type File = v.InferOutput<typeof FILE>;

/** What concerns this desktop and not the registry, in `desktop.json`. */
export class SettingsFile extends EventEmitter<{ change: [DesktopSettings] }> {
  /** Why the file could not be read, so that somebody has to decide whether the defaults are to count. */
  readonly problem: Error | null;
  readonly #file: Low<File>;
  readonly #path: string;
  readonly #userData: string;
  readonly #turns = new Turns();

  private constructor(file: Low<File>, path: string, userData: string, problem: Error | null) {
    super();
    this.#file = file;
    this.#path = path;
    this.#userData = userData;
    this.problem = problem;
  }

  /** What is no JSON is set aside, and the defaults count. */
  static async open(userData: string): Promise<SettingsFile> {
    const path = join(userData, 'desktop.json');
    const file = new Low<File>(new JSONFile<File>(path), v.parse(FILE, {}));
    let problem: Error | null = null;
    try {
      await readOrSetAside(file, path);
    } catch (error) {
      problem = unreadable(path, error);
    }
    const members: unknown = file.data;
    file.data = v.parse(FILE, typeof members === 'object' && members !== null ? members : {});
    return new SettingsFile(file, path, userData, problem);
  }

  get current(): DesktopSettings {
    const { window: _, dataFolder, ...others } = this.#file.data;
    return { ...others, dataFolder: dataFolder ?? this.#userData };
  }

  /** Resolves when all that was changed so far is kept, or could not be. */
  async written(): Promise<void> {
    await this.#turns.take(() => Promise.resolve());
  }

  get bounds(): WindowBounds | null {
    return this.#file.data.window;
  }

  async rememberBounds(bounds: WindowBounds): Promise<void> {
    await this.#write({ window: bounds });
  }

  async change(patch: Partial<DesktopPreferences>): Promise<DesktopSettings> {
    return await this.#changed(patch);
  }

  async move(to: Pick<DesktopSettings, 'port' | 'dataFolder'>): Promise<DesktopSettings> {
    const { port, dataFolder } = to;
    return await this.#changed({ port, dataFolder: dataFolder === this.#userData ? null : dataFolder });
  }

  async #changed(patch: Partial<File>): Promise<DesktopSettings> {
    await this.#write(patch);
    this.emit('change', this.current);
    return this.current;
  }

  /** In its turn: what others have changed meanwhile stays, whether this can be kept or not. */
  async #write(patch: Partial<File>): Promise<void> {
    await this.#turns.take(() => this.#writeNow(patch));
  }

  async #writeNow(patch: Partial<File>): Promise<void> {
    const next = { ...this.#file.data, ...patch };
    try {
      await this.#file.adapter.write(next);
    } catch (error) {
      throw new Error(`The settings could not be kept in ${this.#path} (${reasonOf(error)}).`, {
        cause: error,
      });
    }
    this.#file.data = next;
  }
}

async function readOrSetAside(file: Low<File>, path: string): Promise<void> {
  try {
    await file.read();
  } catch (error) {
    const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR';
    if (!(error instanceof SyntaxError) && !isFolder) throw error;
    await rename(path, `${path}.damaged`);
  }
}

function unreadable(path: string, cause: unknown): Error {
  return new Error(
    `its settings in ${path} cannot be read (${reasonOf(cause)}). Make them readable and start Berth anew, ` +
      'or try again to go on with default settings.',
    { cause },
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
