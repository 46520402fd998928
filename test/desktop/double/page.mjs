import { readFileSync } from 'node:fs';
import { ipcMain } from './ipc.mjs';
import { fromChromium, openBridge, toChromium } from './protocol.mjs';
import { session } from './session.mjs';
import { preventable } from './strict.mjs';

const inPage = readFileSync(new URL('./in-page.js', import.meta.url), 'utf8');

/** A page of Chromium's as a window of Electron's has it: with the preload, and led nowhere without being asked. */
export class Page {
  #page;
  #cdp;
  #contents;
  /** A load by the app itself, which nobody is asked about. */
  #loading = '';

  constructor(page, cdp, contents) {
    this.#page = page;
    this.#cdp = cdp;
    this.#contents = contents;
  }

  static async open(context, contents, { preload, sandbox, contextIsolation, nodeIntegration }) {
    if (sandbox === false || contextIsolation === false || nodeIntegration === true) {
      throw new Error('electron double: pages are sandboxed, isolated and without Node');
    }
    await openBridge();
    const unused = context.pages().find((each) => each.url() === 'about:blank' && !each.isTaken);
    const page = unused ?? (await context.newPage());
    page.isTaken = true;
    const opened = new Page(page, await context.newCDPSession(page), contents);
    await opened.#wire(preload === undefined ? '' : readFileSync(preload, 'utf8'));
    return opened;
  }

  get url() {
    return fromChromium(this.#page.url());
  }

  async load(url) {
    await session.defaultSession.applyPermissions(this.#contents, url, this.#cdp);
    this.#loading = toChromium(url);
    // A load of the address where the page is but for its hash would load nothing.
    const stripped = (address) => address.split('#')[0];
    if (stripped(this.#page.url()) === stripped(this.#loading)) await this.#page.goto('about:blank');
    await this.#page.goto(this.#loading, { waitUntil: 'load' }).catch(failed);
    this.#loading = '';
  }

  async resize({ width, height }) {
    await this.#page.setViewportSize({ width, height });
  }

  async setTheme(source) {
    await this.#page.emulateMedia({ colorScheme: source === 'system' ? null : source });
  }

  async emit(channel, args) {
    const deliver = ([name, values]) => globalThis.electronDoubleEmit?.(name, values);
    await this.#page.evaluate(deliver, [channel, args]).catch((error) => {
      if (!this.#page.isClosed()) console.error(`electron double: ${channel} did not arrive: ${error}`);
    });
  }

  onClose(listener) {
    this.#page.on('close', listener);
  }

  async close() {
    if (!this.#page.isClosed()) await this.#page.close().catch(() => undefined);
  }

  async #wire(preload) {
    const page = this.#page;
    page.on('pageerror', (error) => console.error(`page error: ${error}`));
    await page.exposeBinding('electronDoubleInvoke', ({ frame }, channel, args) =>
      ipcMain.invoke(this.#eventFrom(frame), channel, args),
    );
    await page.exposeBinding('electronDoublePaths', (_source, count) => this.#pathsOf(count));
    const started = `electronDoubleStart((require, module, exports, process) => {${preload}\n});`;
    await page.addInitScript({ content: `${inPage}\n${started}` });
    await this.#watchNavigation();
    await this.#watchOpening();
  }

  #eventFrom(frame) {
    const senderFrame = describeFrame(frame);
    return { sender: this.#contents, senderFrame, frameId: 0 };
  }

  /** Chromium knows where a dropped or chosen file lies; the page does not. */
  async #pathsOf(count) {
    const paths = [];
    for (let index = 0; index < count; index += 1) {
      const expression = `globalThis.electronDoubleFiles[${index}]`;
      const { result } = await this.#cdp.send('Runtime.evaluate', { expression });
      const { path } = await this.#cdp.send('DOM.getFileInfo', { objectId: result.objectId });
      paths.push(path);
    }
    return paths;
  }

  async #watchNavigation() {
    const cdp = this.#cdp;
    const { frameTree } = await cdp.send('Page.getFrameTree');
    cdp.on('Fetch.requestPaused', ({ requestId, request, frameId }) => {
      const isMainFrame = frameId === frameTree.frame.id;
      const event = preventable({ url: fromChromium(request.url), isMainFrame, isSameDocument: false });
      const isOwn = isMainFrame && request.url === this.#loading.split('#')[0];
      if (!isOwn) this.#contents.emit('will-frame-navigate', event);
      if (!isOwn && isMainFrame) this.#contents.emit('will-navigate', event);
      const decided = event.defaultPrevented
        ? cdp.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
        : cdp.send('Fetch.continueRequest', { requestId });
      decided.catch(() => undefined);
    });
    await cdp.send('Fetch.enable', { patterns: [{ resourceType: 'Document' }] });
  }

  async #watchOpening() {
    await this.#cdp.send('Page.enable');
    const answers = [];
    this.#cdp.on('Page.windowOpen', ({ url }) =>
      answers.push(this.#contents.openHandler({ url: fromChromium(url) })),
    );
    this.#page.on('popup', (popup) => {
      popup.isTaken = true;
      if (answers.shift()?.action === 'deny') void popup.close().catch(() => undefined);
    });
  }
}

/** Of a load that another one has replaced Electron says so in the code. */
function failed(error) {
  const isReplaced = /ERR_ABORTED|interrupted by another navigation/.test(error.message);
  throw Object.assign(error, { code: isReplaced ? 'ERR_ABORTED' : 'ERR_FAILED' });
}

function describeFrame(frame) {
  const parent = frame.parentFrame();
  return { url: fromChromium(frame.url()), parent: parent === null ? null : describeFrame(parent) };
}
