import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'vitest';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type { Bridge } from '../../main/bridge.ts';
import type { Target } from '../clients/http.ts';
import { clientsRequired } from '../clients/tools.ts';
import { until } from '../clients/until.ts';
import { createWorkspace } from '../clients/workspace.ts';
import { freePort } from '../free-port.mjs';

const root = resolve(import.meta.dirname, '../..');
const chromium = process.env['BERTH_CHROMIUM'] ?? '/usr/bin/chromium';

/** A real Electron, or the double of it: both are driven by the very same specs. */
export const electron = process.env['BERTH_ELECTRON'] ?? join(import.meta.dirname, 'double/electron');
const recorder = join(import.meta.dirname, 'recorder.cjs');

/** What a program needs of this machine to show windows; of the rest it sees nothing. */
const INHERITED = [
  'PATH',
  'BERTH_CHROMIUM',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
];

/** On a machine that others keep busy: an app with its engine, and something in its page. */
const STARTS_MS = 60_000;
const SETTLES_MS = 30_000;

/** Describes specs of the desktop app, which need Chromium unless there is a real Electron. */
export function describeDesktop(name: string, specs: () => void): void {
  if (process.env['BERTH_ELECTRON'] !== undefined || existsSync(chromium)) {
    describe(name, specs);
    return;
  }
  console.warn(`LEFT OUT: ${name}: this machine lacks ${chromium}`);
  describe(name, () => {
    if (!clientsRequired) return it.skip('this machine lacks Chromium');
    it('finds the Chromium that BERTH_REQUIRE_CLIENTS=1 requires', () => {
      throw new Error(`there is no ${chromium}`);
    });
  });
}

export interface Shown {
  readonly what: string;
  readonly args: readonly unknown[];
}

export interface TrayItem {
  /** A separator has none. */
  readonly id?: string;
  readonly label: string;
  readonly enabled: boolean;
  readonly checked: boolean;
}

/** What a page sees of the shell. */
export type BerthWindow = { readonly berth: Bridge };

interface Recorded {
  shown: Shown[];
  answers: Record<string, unknown[]>;
  tray: { toolTip: string; menu?: Electron.Menu; icon?: Electron.Tray };
}

export interface DesktopOptions {
  /** Members of desktop.json before the start. */
  settings?: Record<string, unknown>;
  /** Words of the command line. */
  args?: readonly string[];
  /** Folder of the app, in place of the checkout. */
  app?: string;
}

/** The running app, with a folder of user data of its own. */
export class Desktop {
  readonly userData: string;
  readonly port: number;
  readonly #home: string;
  readonly #appFolder: string;
  readonly #remove: () => void;
  #app: ElectronApplication | undefined;
  #child: ChildProcess | undefined;

  private constructor(path: string, port: number, app: string, remove: () => void) {
    this.userData = join(path, 'data');
    this.#home = join(path, 'home');
    this.port = port;
    this.#appFolder = app;
    this.#remove = remove;
  }

  /** Prepares, and starts nothing yet. */
  static async prepare({ settings = {}, app = root }: DesktopOptions = {}): Promise<Desktop> {
    const { path, remove } = createWorkspace('desktop');
    const desktop = new Desktop(path, await freePort(), app, remove);
    mkdirSync(desktop.userData);
    mkdirSync(desktop.#home);
    desktop.writeSettings({ port: desktop.port, ...settings });
    return desktop;
  }

  static async start(options: DesktopOptions = {}): Promise<Desktop> {
    const desktop = await Desktop.prepare(options);
    await desktop.start(options.args);
    return desktop;
  }

  async start(args: readonly string[] = []): Promise<void> {
    this.#app = await _electron.launch({
      executablePath: electron,
      args: ['-r', recorder, ...this.commandLine(args)],
      env: this.environment,
      timeout: STARTS_MS,
    });
    this.#child = this.#app.process();
  }

  /** Starts an app that ends by itself; what it says on its way, and how it ended. */
  async startAndEnd(args: readonly string[] = []): Promise<{ code: number | null; said: string }> {
    const child = spawn(electron, ['-r', recorder, ...this.commandLine(args)], {
      env: this.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, said };
  }

  /** What comes after the executable. */
  commandLine(args: readonly string[]): string[] {
    return [this.#appFolder, '--no-sandbox', `--user-data-dir=${this.userData}`, ...args];
  }

  get environment(): Record<string, string> {
    const inherited = INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      ...Object.fromEntries(inherited),
      HOME: this.#home,
      XDG_CONFIG_HOME: join(this.#home, '.config'),
    };
  }

  get app(): ElectronApplication {
    if (this.#app === undefined) throw new Error('the app does not run');
    return this.#app;
  }

  get registry(): Target {
    return { url: `http://127.0.0.1:${this.port}` };
  }

  /** The window's page, as soon as it shows the window. */
  async page(): Promise<Page> {
    const page = await this.app.firstWindow();
    page.setDefaultTimeout(SETTLES_MS);
    await page.waitForURL((url) => url.protocol !== 'about:');
    await page.waitForFunction(() => 'berth' in globalThis);
    return page;
  }

  get autostartFile(): string {
    return join(this.#home, '.config/autostart/berth.desktop');
  }

  writeSettings(members: Record<string, unknown>): void {
    writeFileSync(join(this.userData, 'desktop.json'), JSON.stringify(members));
  }

  readSettings(): Record<string, unknown> {
    return JSON.parse(readFileSync(join(this.userData, 'desktop.json'), 'utf8')) as Record<string, unknown>;
  }

  get log(): string {
    const path = join(this.userData, 'logs/berth.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async shown(what: string): Promise<readonly Shown[]> {
    const all = await this.app.evaluate(
      () => (globalThis as unknown as { recorded: Recorded }).recorded.shown,
    );
    return all.filter((each) => each.what === what);
  }

  /** What the next dialog of a kind is answered with. */
  async answer(kind: string, answer: unknown): Promise<void> {
    await this.app.evaluate(
      (_electronModule, [name, value]) => {
        const { answers } = (globalThis as unknown as { recorded: Recorded }).recorded;
        (answers[name as string] ??= []).push(value);
      },
      [kind, answer],
    );
  }

  async tray(): Promise<{ toolTip: string; items: TrayItem[] }> {
    return await this.app.evaluate(() => {
      const { toolTip, menu } = (globalThis as unknown as { recorded: Recorded }).recorded.tray;
      // Before it has one, the app is still starting.
      const items = menu?.items.map(({ id, label, enabled, checked }) => ({ id, label, enabled, checked }));
      return { toolTip, items: items ?? [] };
    });
  }

  async trayItem(id: string): Promise<TrayItem | undefined> {
    return (await this.tray()).items.find((item) => item.id === id);
  }

  async clickTray(id: string): Promise<void> {
    await until(`the tray offers ${id}`, async () => (await this.trayItem(id))?.enabled);
    await this.app.evaluate((_electronModule, wanted) => {
      const { menu } = (globalThis as unknown as { recorded: Recorded }).recorded.tray;
      menu?.getMenuItemById(wanted)?.click();
    }, id);
  }

  /** As macOS tells of files that are let go over it. */
  async dropOnTray(paths: readonly string[]): Promise<void> {
    await this.app.evaluate((_electronModule, files) => {
      const { icon } = (globalThis as unknown as { recorded: Recorded }).recorded.tray;
      icon?.emit('drop-files', {}, files);
    }, paths);
  }

  async isVisible(): Promise<boolean> {
    return await this.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().some((window) => window.isVisible()),
    );
  }

  /** As its user does, with the button of the title bar. */
  async closeWindow(): Promise<void> {
    await this.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  }

  /** Resolves when the app has ended. */
  get ended(): Promise<unknown> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return Promise.resolve();
    return new Promise((settle) => child.once('exit', settle));
  }

  /** As its user does, with the menu. */
  async quit(): Promise<void> {
    const { ended } = this;
    await this.app.evaluate(({ app }) => app.quit()).catch(() => undefined);
    await ended;
  }

  /** Ends what still runs, whatever it is at, and removes everything. */
  async dispose(): Promise<void> {
    const { ended } = this;
    await this.#app?.evaluate(({ app }) => app.exit()).catch(() => undefined);
    await ended;
    this.#remove();
  }
}
