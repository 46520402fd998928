import { app } from 'electron';
import { resolve } from 'node:path';

/** On the command line of a start by the system: the window stays away. */
export const HIDDEN = '--hidden';

/** An AppImage is mounted anew at every start: what stays is the file itself. */
export function program(): string {
  return process.env['APPIMAGE'] ?? process.execPath;
}

/** What starts the app at login. */
export function loginCommand(): readonly string[] {
  return app.isPackaged ? [program(), HIDDEN] : [program(), app.getAppPath(), HIDDEN];
}

/** What starts the app anew, with the switches that it has now. */
export function argumentsAnew(files: readonly string[], argv: readonly string[] = process.argv): string[] {
  const first = firstWord(argv, process.cwd());
  const switches = argv.slice(first).filter((word) => word.startsWith('-') && word !== HIDDEN);
  return [...argv.slice(1, first), ...switches, ...files];
}

/**
 * Where the user's own words begin on a command line. In development Electron is told the folder of the app first,
 * behind switches of its own.
 */
export function firstWord(argv: readonly string[], folder: string): number {
  if (app.isPackaged) return 1;
  const told = argv.findIndex((word, index) => index > 0 && resolve(folder, word) === app.getAppPath());
  return told === -1 ? 1 : told + 1;
}
