// The system's own surfaces, of which a test has none. What is shown on them the recorder beside this folder keeps.
import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { strict, strictInstance } from './strict.mjs';

export class Tray extends EventEmitter {
  constructor(image) {
    super();
    this.setImage(image);
  }

  setImage(image) {
    if (image.isEmpty())
      throw new Error(`electron double: the tray got an image without pixels: ${image.path}`);
    this.image = image;
  }

  setToolTip(text) {
    this.toolTip = text;
  }

  setContextMenu(menu) {
    this.menu = menu;
  }

  destroy() {}
}

export class Notification extends EventEmitter {
  constructor({ title, body }) {
    super();
    Object.assign(this, { title, body });
  }

  static isSupported() {
    return true;
  }

  show() {
    this.emit('show');
  }
}

/** Nobody is there to answer. */
export const dialog = strict('dialog', {
  showOpenDialog: async () => ({ canceled: true, filePaths: [] }),
  showSaveDialog: async () => ({ canceled: true, filePath: '' }),
  showErrorBox: (title, content) => console.error(`${title}: ${content}`),
  showMessageBox: async (...args) => ({ response: args.at(-1).cancelId ?? 0, checkboxChecked: false }),
});

export const shell = strict('shell', {
  openExternal: async () => {},
  openPath: async () => '',
  showItemInFolder() {},
});

let copied = '';
export const clipboard = strict('clipboard', {
  readText: async () => copied,
  writeText: async (text) => {
    copied = text;
  },
});

export const nativeImage = strict('nativeImage', {
  createFromPath: (path) => strict('nativeImage', { path, isEmpty: () => !existsSync(path) }),
});

class NativeTheme extends EventEmitter {
  shouldUseDarkColors = false;
  shouldUseDarkColorsForSystemIntegratedUI = false;
  #source = 'system';

  get themeSource() {
    return this.#source;
  }

  set themeSource(source) {
    this.#source = source;
    this.shouldUseDarkColors = source === 'dark';
    this.emit('updated');
  }
}

export const nativeTheme = strictInstance('nativeTheme', new NativeTheme());

export const powerMonitor = strictInstance('powerMonitor', new EventEmitter());

const display = { workArea: { x: 0, y: 0, width: 1920, height: 1080 }, scaleFactor: 1 };
export const screen = strict(
  'screen',
  Object.assign(new EventEmitter(), { getPrimaryDisplay: () => display, getDisplayMatching: () => display }),
);
