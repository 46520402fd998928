import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeBrowser } from './chromium.mjs';
import { InstanceLock } from './instance.mjs';
import { preventable, strictInstance } from './strict.mjs';

const folder = process.env.ELECTRON_DOUBLE_APP;
const { name, productName = name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

export function switchValue(wanted) {
  return process.argv.find((word) => word.startsWith(`--${wanted}=`))?.slice(wanted.length + 3);
}

const userData = switchValue('user-data-dir') ?? mkdtempSync(join(tmpdir(), 'electron-double-'));
mkdirSync(userData, { recursive: true });

class App extends EventEmitter {
  isPackaged = false;
  /** Only on macOS. */
  dock = undefined;
  name = productName;
  #paths = { userData, sessionData: userData, home: homedir(), temp: tmpdir(), exe: process.execPath };
  #isReady = false;
  #isQuitting = false;
  #next = [];
  #lock = new InstanceLock(userData, (...others) => this.emit('second-instance', {}, ...others));

  becomeReady() {
    this.#isReady = true;
    this.emit('ready');
  }

  isReady() {
    return this.#isReady;
  }

  whenReady() {
    return this.#isReady ? Promise.resolve() : new Promise((resolve) => this.once('ready', resolve));
  }

  getVersion() {
    return version;
  }

  getName() {
    return this.name;
  }

  getAppPath() {
    return folder;
  }

  getPath(what) {
    const path = this.#paths[what];
    if (path === undefined) throw new Error(`Failed to get '${what}' path`);
    return path;
  }

  setPath(what, path) {
    this.#paths[what] = path;
  }

  setAboutPanelOptions() {}

  getLoginItemSettings() {
    return { openAtLogin: false, wasOpenedAtLogin: false };
  }

  /** Not of Electron's: whether this one is about to go, and needs no engine. */
  get isSecond() {
    return this.#lock.isTaken;
  }

  requestSingleInstanceLock(additionalData) {
    return this.#lock.take(additionalData);
  }

  /** As Electron: everybody may object, then every window, and then it is over. */
  quit() {
    if (this.#isQuitting) return;
    const event = preventable();
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    for (const window of this.windows()) {
      window.close();
      if (!window.isDestroyed()) return;
    }
    this.#isQuitting = true;
    this.emit('will-quit', preventable());
    this.exit(0);
  }

  exit(code = 0) {
    this.#isQuitting = true;
    this.emit('quit', {}, code);
    this.#lock.release();
    void closeBrowser().then(() => {
      for (const args of this.#next) {
        const electron = fileURLToPath(new URL('electron', import.meta.url));
        spawn(electron, args, { stdio: 'ignore', detached: true }).unref();
      }
      process.exit(code);
    });
  }

  /** The double's own program is another than Node, which it runs on. */
  relaunch({ args = process.argv.slice(1) } = {}) {
    this.#next.push(args);
  }

  /** Set by the windows, which know the app. */
  windows = () => [];
}

export const app = strictInstance('app', new App());

process.on('SIGTERM', () => app.quit());
