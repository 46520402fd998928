import { app } from 'electron';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '../registry/index.ts';
import type { SettingsFile } from './settings.ts';

/** On the command line of a start by the system: the window stays away. */
const HIDDEN = '--hidden';

/** Whether somebody is there to look at a window. */
export function isStartedBySystem(): boolean {
  return process.argv.includes(HIDDEN) || app.getLoginItemSettings().wasOpenedAtLogin;
}

/** Keeps setting and system the same. What somebody has changed in the system meanwhile counts. */
export async function followStartAtLogin(settings: SettingsFile, log: Log): Promise<void> {
  let isSet = startsAtLogin();
  if (isSet !== settings.current.startAtLogin) await settings.change({ startAtLogin: isSet });
  settings.on('change', ({ startAtLogin }) => {
    if (startAtLogin === isSet) return;
    isSet = startAtLogin;
    setStartAtLogin(startAtLogin).catch((error: unknown) =>
      log.error('the system did not take the start at login', { error }),
    );
  });
}

function startsAtLogin(): boolean {
  if (process.platform !== 'linux') return app.getLoginItemSettings({ args: [HIDDEN] }).openAtLogin;
  return existsSync(autostartFile());
}

async function setStartAtLogin(wanted: boolean): Promise<void> {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: wanted, args: [HIDDEN] });
    return;
  }
  const path = autostartFile();
  if (!wanted) return await rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, desktopEntry(startCommand()));
}

/** Electron leaves Linux out; every desktop there reads the files of this folder. */
function autostartFile(): string {
  const config = process.env['XDG_CONFIG_HOME'] || join(app.getPath('home'), '.config');
  return join(config, 'autostart', 'berth.desktop');
}

/** An AppImage is mounted anew at every start: what stays is the file itself. */
function startCommand(): readonly string[] {
  const program = process.env['APPIMAGE'] ?? process.execPath;
  return app.isPackaged ? [program, HIDDEN] : [program, app.getAppPath(), HIDDEN];
}

/** Desktop Entry Specification 1.5, "The Exec key". */
export function desktopEntry(command: readonly string[]): string {
  const quoted = command.map((word) => `"${word.replaceAll(/[\\"`$]/g, '\\$&').replaceAll('%', '%%')}"`);
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Berth',
    'Comment=The container registry that lives on a laptop',
    // Backslashes count in the file itself before they count in the command.
    `Exec=${quoted.join(' ').replaceAll('\\', '\\\\')}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}
