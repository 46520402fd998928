import { app } from 'electron';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstWord } from './command-line.ts';

type Listener = (paths: readonly string[]) => void;

/**
 * Files that somebody opens with the app: dropped on its icon, chosen in a file browser, or named on the command
 * line. On macOS they may come before the app is ready, so this listens from the first moment on.
 */
export class OpenFiles {
  #early: string[];
  #listener: Listener | undefined;

  constructor() {
    this.#early = filesIn(process.argv, process.cwd());
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.open([path]);
    });
  }

  /** Those that came before anybody listened. */
  get early(): readonly string[] {
    return this.#early;
  }

  open(paths: readonly string[]): void {
    if (paths.length === 0) return;
    if (this.#listener === undefined) this.#early.push(...paths);
    else this.#listener(paths);
  }

  listen(listener: Listener): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    this.open(early);
  }
}

/**
 * Words of a command line that name files, without the program and its switches. Desktops of Linux write them as
 * `file://` addresses.
 */
export function filesIn(argv: readonly string[], folder: string): string[] {
  const words = argv.slice(firstWord(argv, folder)).filter((word) => !word.startsWith('-'));
  return words.map((word) => pathOf(word, folder)).filter((path) => existsSync(path));
}

function pathOf(word: string, folder: string): string {
  if (!word.startsWith('file://')) return resolve(folder, word);
  try {
    return fileURLToPath(word);
  } catch {
    // Of another machine: there is no such file here.
    return word;
  }
}
