import { app } from 'electron';
import { join } from 'node:path';
import type { Log } from '../registry/index.ts';
import { Autostart } from './autostart.ts';
import { HIDDEN, loginCommand } from './command-line.ts';
import type { SettingsFile } from './settings.ts';
import { Turns } from './turns.ts';

/** Whether nobody is there to look at a window. */
export function isStartedBySystem(): boolean {
  return process.argv.includes(HIDDEN) || app.getLoginItemSettings().wasOpenedAtLogin;
}

/** Keeps setting and system the same. What somebody has changed in the system meanwhile counts. */
export async function followStartAtLogin(settings: SettingsFile, log: Log): Promise<void> {
  const system = process.platform === 'linux' ? linuxLogin() : electronLogin;
  let isOn = settings.current.startAtLogin;
  try {
    isOn = await system.isOn();
    if (isOn !== settings.current.startAtLogin) await settings.change({ startAtLogin: isOn });
    // In development another Berth may be the one that is installed.
    if (app.isPackaged) await system.refresh();
  } catch (error) {
    log.error('the system does not say whether Berth starts at login', { error });
  }
  const turns = new Turns();
  const turn = async (wanted: boolean): Promise<void> => {
    isOn = wanted;
    try {
      await turns.take(() => system.turn(wanted));
    } catch (error) {
      log.error('the system did not take the start at login', { error });
      isOn = !wanted;
      await settings.change({ startAtLogin: isOn });
    }
  };
  settings.on('change', ({ startAtLogin }) => {
    if (startAtLogin !== isOn) void turn(startAtLogin);
  });
}

const electronLogin: Pick<Autostart, 'isOn' | 'turn' | 'refresh'> = {
  async isOn() {
    const { openAtLogin, executableWillLaunchAtLogin } = app.getLoginItemSettings({ args: [HIDDEN] });
    // Windows keeps the entry that somebody has turned off in its own settings. macOS does not have this member.
    return openAtLogin && (executableWillLaunchAtLogin as boolean | undefined) !== false;
  },
  async turn(isOn) {
    app.setLoginItemSettings({ openAtLogin: isOn, args: [HIDDEN] });
  },
  async refresh() {},
};

function linuxLogin(): Autostart {
  const config = process.env['XDG_CONFIG_HOME'] || join(app.getPath('home'), '.config');
  return new Autostart(join(config, 'autostart/berth.desktop'), loginCommand());
}
