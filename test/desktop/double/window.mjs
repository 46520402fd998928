import { EventEmitter } from 'node:events';
import { app } from './app.mjs';
import { browser } from './chromium.mjs';
import { nativeTheme } from './desktop.mjs';
import { Page } from './page.mjs';
import { session } from './session.mjs';
import { preventable, strict, strictInstance } from './strict.mjs';

const windows = new Map();
let ids = 0;

class WebContents extends EventEmitter {
  session = session.defaultSession;
  /** What Electron does without a handler. */
  openHandler = () => ({ action: 'allow' });
  #window;

  constructor(window) {
    super();
    this.#window = window;
    this.id = window.id;
  }

  /** Of the page in Chromium; undefined before the first load. */
  get page() {
    return this.#window.page;
  }

  send(channel, ...args) {
    // Nobody gets a message while no page is there.
    void this.page?.emit(channel, structuredClone(args));
  }

  setWindowOpenHandler(handler) {
    this.openHandler = handler;
  }

  getURL() {
    return this.page?.url ?? '';
  }

  isDestroyed() {
    return this.#window.isDestroyed();
  }

  forcefullyCrashRenderer() {
    this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 });
  }
}

class ElectronWindow extends EventEmitter {
  id = (ids += 1);
  page = undefined;
  #isVisible;
  #isMaximized = false;
  #isMinimized = false;
  #bounds;
  #options;

  constructor(options = {}) {
    super();
    this.#options = options;
    this.#isVisible = options.show !== false;
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    this.webContents = strictInstance('webContents', new WebContents(this));
    const self = strictInstance('BrowserWindow', this);
    windows.set(this.id, self);
    app.emit('web-contents-created', {}, this.webContents);
    return self;
  }

  static getAllWindows() {
    return [...windows.values()];
  }

  async loadURL(url) {
    const context = await browser();
    const isFirst = this.page === undefined;
    this.page ??= await Page.open(context, this.webContents, this.#options.webPreferences ?? {});
    if (isFirst) {
      this.page.onClose(() => this.destroy());
      nativeTheme.on('updated', () => void this.page.setTheme(nativeTheme.themeSource));
      await this.page.setTheme(nativeTheme.themeSource);
    }
    await this.page.resize(this.#bounds);
    await this.page.load(url);
    this.webContents.emit('did-finish-load');
    this.emit('ready-to-show');
  }

  show() {
    this.#isVisible = true;
    this.emit('show');
  }

  hide() {
    this.#isVisible = false;
    this.emit('hide');
  }

  focus() {}

  isVisible() {
    return this.#isVisible;
  }

  minimize() {
    this.#isMinimized = true;
  }

  restore() {
    this.#isMinimized = false;
  }

  isMinimized() {
    return this.#isMinimized;
  }

  maximize() {
    this.#isMaximized = true;
    this.emit('resize');
  }

  isMaximized() {
    return this.#isMaximized;
  }

  isFullScreen() {
    return false;
  }

  getBounds() {
    return this.#bounds;
  }

  getNormalBounds() {
    return this.#bounds;
  }

  setBounds(bounds) {
    this.#bounds = { ...this.#bounds, ...bounds };
    void this.page?.resize(this.#bounds);
    this.emit('resize');
  }

  close() {
    const event = preventable();
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }

  isDestroyed() {
    return !windows.has(this.id);
  }

  destroy() {
    if (!windows.delete(this.id)) return;
    this.emit('closed');
    void this.page?.close();
    if (windows.size === 0) this.#lastIsGone();
  }

  #lastIsGone() {
    if (app.listenerCount('window-all-closed') === 0) app.quit();
    else app.emit('window-all-closed');
  }
}

app.windows = () => [...windows.values()];

export const BrowserWindow = strict('BrowserWindow', ElectronWindow);
