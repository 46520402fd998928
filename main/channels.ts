import type {
  Command,
  DesktopPreferences,
  DesktopSettings,
  ExportRequest,
  FileJob,
  Trouble,
  TroubleChoice,
} from './bridge.ts';

/** What the preload asks of main, and what it gets. */
export interface Calls {
  'settings:read': () => DesktopSettings;
  'settings:change': (patch: Partial<DesktopPreferences>) => DesktopSettings;
  'settings:choose-folder': () => string | null;
  'settings:move': (to: { readonly port?: number; readonly dataFolder?: string }) => Trouble | null;
  /** The path of a file that somebody dropped or chose. */
  'files:import': (path: string) => FileJob;
  'files:choose-imports': () => readonly FileJob[];
  'files:export': (request: ExportRequest) => FileJob | null;
  'files:list': () => readonly FileJob[];
  'files:cancel': (id: string) => void;
  'files:reveal': (id: string) => void;
  'trouble:read': () => Trouble | null;
  'trouble:choose': (choice: TroubleChoice) => Trouble | null;
  'reveal:data-folder': () => void;
  'reveal:log': () => void;
}

/** What main tells the window. */
export interface Messages {
  'settings:changed': DesktopSettings;
  'files:changed': FileJob;
  'trouble:changed': Trouble | null;
  command: Command;
}
