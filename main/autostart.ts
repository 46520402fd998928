import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What switches an entry off without removing it, as several desktops do. */
const OFF = /^(Hidden=true|X-GNOME-Autostart-enabled=false)\s*$/m;

/**
 * Start at login on Linux, which Electron leaves out: every desktop there reads the files of one folder.
 * Desktop Application Autostart Specification 0.5.
 */
export class Autostart {
  readonly #path: string;
  readonly #entry: string;

  /** @param command the program and its arguments */
  constructor(path: string, command: readonly string[]) {
    this.#path = path;
    this.#entry = desktopEntry(command);
  }

  async isOn(): Promise<boolean> {
    const entry = await this.#read();
    return entry !== undefined && !OFF.test(entry);
  }

  async turn(isOn: boolean): Promise<void> {
    if (!isOn) return await rm(this.#path, { force: true });
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFile(this.#path, this.#entry);
  }

  /** An AppImage of a newer version has another name: the entry follows. */
  async refresh(): Promise<void> {
    if ((await this.isOn()) && (await this.#read()) !== this.#entry) await this.turn(true);
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** Desktop Entry Specification 1.5, "The Exec key". */
function desktopEntry(command: readonly string[]): string {
  const quoted = command.map((word) => `"${word.replaceAll(/[\\"`$]/g, '\\$&').replaceAll('%', '%%')}"`);
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Berth',
    'Comment=The container registry that lives on a laptop',
    // Backslashes count in the file itself before they count in the command.
    `Exec=${quoted.join(' ').replaceAll('\\', '\\\\')}`,
    'Icon=berth',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}
