import type { ImportResult, StagedImport } from '../registry/api/contract.ts';

/**
 * What the shell does for the window and a web page cannot do itself: `window.berth`, which is absent in a browser.
 * Everything else goes through the API. Types only; what main receives it parses again.
 */
export interface Bridge {
  readonly platform: 'darwin' | 'win32' | 'linux';
  readonly version: string;
  readonly settings: SettingsBridge;
  readonly files: FilesBridge;
  readonly trouble: TroubleBridge;
  /** What was chosen in the tray or the menu. Commands from before the first listener are kept for it. */
  onCommand(listener: (command: Command) => void): Unsubscribe;
  /** Shows the data folder in the system's file browser. */
  revealDataFolder(): Promise<void>;
  /** Shows the log in the system's file browser. */
  revealLog(): Promise<void>;
}

export type Unsubscribe = () => void;

export interface SettingsBridge {
  read(): Promise<DesktopSettings>;
  change(patch: Partial<DesktopPreferences>): Promise<DesktopSettings>;
  /** Also when something else than this window has changed them: the tray, a system setting. */
  onChange(listener: (settings: DesktopSettings) => void): Unsubscribe;
  /** The system's dialog; null if nothing was chosen. Changes nothing yet. */
  chooseDataFolder(): Promise<string | null>;
  /**
   * Starts the registry anew with another port or data folder. Where that fails the registry goes on as it was, and
   * the answer says why; null if it worked. Meanwhile requests are answered with 503.
   */
  move(to: { readonly port?: number; readonly dataFolder?: string }): Promise<Trouble | null>;
}

/** What takes effect at once. */
export interface DesktopPreferences {
  readonly startAtLogin: boolean;
  readonly notifications: boolean;
  readonly appearance: 'system' | 'light' | 'dark';
  /** What quitting does while pushes are in flight. */
  readonly whatDoesQuit: 'ask' | 'wait' | 'cut';
}

export interface DesktopSettings extends DesktopPreferences {
  readonly port: number;
  readonly dataFolder: string;
}

/** Files on this machine that main reads and writes, so that their bytes do not go through the page. */
export interface FilesBridge {
  /**
   * Reads an archive that was dropped or chosen and stages its content. It goes on as a `FileJob`, which ends as
   * `staged`: what happens then is the window's, with `POST` or `DELETE /api/imports/<staged.id>`.
   *
   * @throws Error if the file is none on this machine's disk; its bytes can be sent to the API all the same
   */
  importFile(file: File): Promise<FileJob>;
  /** The system's dialog; empty if nothing was chosen. */
  chooseImports(): Promise<readonly FileJob[]>;
  /** Asks where to, and writes the archive there; null if nothing was chosen. */
  exportImages(request: ExportRequest): Promise<FileJob | null>;
  /** Those that run and those that have ended since the start, the oldest first. */
  list(): Promise<readonly FileJob[]>;
  /** Stops one that runs; forgets one that has ended. */
  cancel(id: string): Promise<void>;
  /** Shows the written archive in the system's file browser. */
  reveal(id: string): Promise<void>;
  onChange(listener: (job: FileJob) => void): Unsubscribe;
}

export interface ExportRequest {
  /** `app:v1`, `lib@sha256:...` */
  readonly references: readonly string[];
  readonly platform?: string;
  /** What the dialog proposes. */
  readonly fileName: string;
}

export interface FileJob {
  readonly id: string;
  readonly kind: 'import' | 'export';
  /** Of the file, without its folder. */
  readonly name: string;
  /** Bytes so far. */
  readonly done: number;
  /** Bytes; null while nothing says. */
  readonly total: number | null;
  /** `staged`: read whole, and waits for somebody to look at it. `done`: an import is in the registry. */
  readonly state: 'running' | 'staged' | 'done' | 'failed' | 'cancelled';
  readonly staged: StagedImport | null;
  readonly result: ImportResult | null;
  /** For people, if it failed. */
  readonly error: string | null;
}

/** Why the registry does not run, and what can be done about it. The window shows it at `#/trouble`. */
export interface TroubleBridge {
  /** Null if the registry runs. */
  read(): Promise<Trouble | null>;
  /** What is wrong then; null if the registry runs, and then main loads the window anew. */
  choose(choice: TroubleChoice): Promise<Trouble | null>;
  onChange(listener: (trouble: Trouble | null) => void): Unsubscribe;
}

export interface Trouble {
  readonly kind: 'port taken' | 'folder in use' | 'folder unusable' | 'journal damaged' | 'other';
  /** For people: what happened, what it means. */
  readonly message: string;
  readonly port: number;
  readonly dataFolder: string;
  /** What can help here, the best first. */
  readonly choices: readonly TroubleChoice['choice'][];
  /** What a repair has found and done, for people; null if there was none. */
  readonly repaired: string | null;
}

export type TroubleChoice =
  | { readonly choice: 'try again' }
  | { readonly choice: 'choose another port'; readonly port: number }
  /** Asks for it with the system's dialog. */
  | { readonly choice: 'choose another folder' }
  /** `berth repair`: keeps what can be proven, removes nothing. */
  | { readonly choice: 'repair' }
  | { readonly choice: 'show log' }
  | { readonly choice: 'quit' };

export type Command =
  | { readonly command: 'open image'; readonly repository: string; readonly reference: string }
  | { readonly command: 'open place'; readonly place: Place }
  | { readonly command: 'clean up' }
  /** Shows the drop zone, with the button that asks for files. */
  | { readonly command: 'import' }
  /** A file was opened with the app and waits for somebody to look at it. */
  | { readonly command: 'review import'; readonly job: string }
  | { readonly command: 'undo' }
  | { readonly command: 'find' }
  | { readonly command: 'show palette' }
  | { readonly command: 'show keys' };

export type Place = 'images' | 'layers' | 'disk' | 'activity' | 'connect' | 'settings';
