import { app, BrowserWindow, nativeTheme, screen, type Rectangle } from 'electron';
import { join } from 'node:path';
import type { Log } from '../registry/index.ts';
import type { Command } from './bridge.ts';
import type { Messages } from './channels.ts';
import { WINDOW_URL } from './protocol.ts';
import type { SettingsFile, WindowBounds } from './settings.ts';

const FIRST_ROUTE = '#/';
const DEFAULT_SIZE = { width: 1180, height: 760 };
const SMALLEST = { minWidth: 480, minHeight: 400 };
const REMEMBER_MS = 500;
/** A page that ends again so soon would go on doing so, and take the focus every time. */
const REPLACE_AGAIN_MS = 10_000;

/** The colours of the page's ground, so that nothing flashes before its first paint. */
const GROUND = { light: '#fdfefe', dark: '#15181b' };

const preload = join(import.meta.dirname, 'preload.cjs');

/** The one window. Closing it puts it away; the registry goes on. */
export class MainWindow {
  readonly #settings: SettingsFile;
  readonly #icon: string;
  readonly #log: Log;
  #window: BrowserWindow | undefined;
  /** Where main has led it to. */
  #route = FIRST_ROUTE;
  #loaded: Promise<void> = Promise.resolve();
  #remember: NodeJS.Timeout | undefined;
  #mayClose = false;
  #replacedAt = Number.NEGATIVE_INFINITY;

  /** @param icon for desktops of Linux, which do not take it from the program */
  constructor(settings: SettingsFile, icon: string, log: Log) {
    this.#settings = settings;
    this.#icon = icon;
    this.#log = log;
    nativeTheme.themeSource = settings.current.appearance;
    settings.on('change', ({ appearance }) => {
      nativeTheme.themeSource = appearance;
    });
    app.on('activate', () => this.show());
  }

  get isVisible(): boolean {
    return this.#window?.isVisible() === true;
  }

  /** For dialogs, which belong to the window if there is one. */
  get current(): BrowserWindow | undefined {
    return this.#window;
  }

  /** For a dialog that nobody at the window has asked for. */
  async parent(): Promise<BrowserWindow | undefined> {
    // There a dialog without a window stops the whole process until it is answered, and the registry with it.
    if (process.platform === 'darwin' && !this.isVisible) {
      this.show();
      await this.#loaded;
      this.#window?.show();
    }
    return this.isVisible ? this.#window : undefined;
  }

  show(): void {
    void app.dock?.show();
    if (this.#window === undefined) return this.#open(this.#route);
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
  }

  /** At a place of the page, which is loaded anew. */
  showAt(route: string): void {
    if (this.#window === undefined) return this.#open(route);
    this.#load(this.#window, route);
    return this.show();
  }

  /** The next time it opens, it is at its first place. */
  forgetRoute(): void {
    this.#route = FIRST_ROUTE;
  }

  send<Channel extends keyof Messages>(channel: Channel, message: Messages[Channel]): void {
    if (this.#window?.isDestroyed() === false) this.#window.webContents.send(channel, message);
  }

  /** Shows the window and tells it what to do, as soon as its page is there. */
  async command(command: Command): Promise<void> {
    this.show();
    // It may be loaded anew meanwhile.
    for (let loaded; loaded !== this.#loaded; await loaded) loaded = this.#loaded;
    this.send('command', command);
  }

  /** From now on the window closes in earnest. */
  letClose(): void {
    this.#mayClose = true;
  }

  #open(route: string): void {
    const { bounds } = this.#settings;
    const window = new BrowserWindow({
      ...DEFAULT_SIZE,
      ...SMALLEST,
      ...(bounds !== null && isOnScreen(bounds) ? pick(bounds) : {}),
      show: false,
      title: 'Berth',
      backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
      ...(process.platform === 'darwin' ? { titleBarStyle: 'hiddenInset' as const } : {}),
      ...(process.platform === 'linux' ? { icon: this.#icon } : {}),
      webPreferences: {
        preload,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
      },
    });
    this.#window = window;
    if (bounds?.maximized === true) window.maximize();
    window.once('ready-to-show', () => window.show());
    for (const event of ['resize', 'move'] as const) window.on(event as 'resize', () => this.#rememberSoon());
    window.on('close', (event) => {
      if (this.#mayClose) return;
      event.preventDefault();
      this.#putAway(window);
    });
    window.on('closed', () => {
      clearTimeout(this.#remember);
      if (this.#window === window) this.#window = undefined;
    });
    window.webContents.on('render-process-gone', (_event, { reason }) => this.#replace(window, reason));
    this.#load(window, route);
  }

  #load(window: BrowserWindow, route: string): void {
    this.#route = route;
    this.#loaded = window
      .loadURL(`${WINDOW_URL}${route}`)
      .catch((error: unknown) => this.#failedToLoad(window, error));
  }

  #failedToLoad(window: BrowserWindow, error: unknown): void {
    // Another load has taken its place.
    if (window.isDestroyed() || (error as { code?: string }).code === 'ERR_ABORTED') return;
    this.#log.error('the page of the window could not be loaded', { error });
    // Without a page it would never become ready to be shown, and nobody would see that anything is wrong.
    window.show();
  }

  #putAway(window: BrowserWindow): void {
    // On macOS a full screen stays behind, black, when its window is hidden.
    if (window.isFullScreen()) {
      window.once('leave-full-screen', () => this.#putAway(window));
      window.setFullScreen(false);
      return;
    }
    window.hide();
    // Without a window the app is in the tray only.
    app.dock?.hide();
  }

  /**
   * The page has crashed, or the system has taken its memory. One that was never shown would only do so again,
   * as would one that has just been replaced: those are left to the tray.
   */
  #replace(window: BrowserWindow, reason: string): void {
    if (this.#mayClose) return;
    this.#log.error('the page of the window has ended', { reason });
    const now = performance.now();
    const isWorthIt = window.isVisible() && now - this.#replacedAt >= REPLACE_AGAIN_MS;
    window.destroy();
    if (!isWorthIt) return app.dock?.hide();
    this.#replacedAt = now;
    this.#open(this.#route);
  }

  #rememberSoon(): void {
    clearTimeout(this.#remember);
    this.#remember = setTimeout(() => {
      const window = this.#window;
      if (window === undefined || window.isDestroyed() || window.isMinimized()) return;
      const { x, y, width, height } = window.getNormalBounds();
      this.#settings
        .rememberBounds({ x, y, width, height, maximized: window.isMaximized() })
        .catch((error: unknown) => this.#log.warn('where the window is was not kept', { error }));
    }, REMEMBER_MS);
  }
}

function pick({ x, y, width, height }: WindowBounds): Rectangle {
  return { x, y, width, height };
}

/** A display may be gone since: enough of the title bar has to be where a hand can reach it. */
function isOnScreen(bounds: WindowBounds): boolean {
  const { workArea } = screen.getDisplayMatching(pick(bounds));
  const right = Math.min(bounds.x + bounds.width, workArea.x + workArea.width);
  const isTopInside = bounds.y >= workArea.y && bounds.y < workArea.y + workArea.height - 50;
  return isTopInside && right - Math.max(bounds.x, workArea.x) >= 100;
}
