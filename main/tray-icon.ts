import { join } from 'node:path';
import { nativeImage, nativeTheme, type NativeImage, type Tray } from 'electron';

export type TrayState = 'running' | 'busy' | 'attention' | 'stopped';

const FRAMES: Readonly<Record<TrayState, readonly string[]>> = {
  running: ['running'],
  busy: ['busy-1', 'busy-2', 'busy-3'],
  attention: ['attention'],
  stopped: ['stopped'],
};

const FRAME_MS = 400;

/** Draws the state into the tray: bars at rest, bars that fill, a dot, an outline. */
export class TrayIcon {
  readonly #tray: Tray;
  readonly #folder: string;
  readonly #images = new Map<string, NativeImage>();
  #state: TrayState = 'stopped';
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(tray: Tray, folder: string) {
    this.#tray = tray;
    this.#folder = folder;
    // A panel follows the system's theme; on macOS the system tints the image itself.
    nativeTheme.on('updated', () => this.#draw());
  }

  show(state: TrayState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#frame = 0;
    clearInterval(this.#timer);
    if (FRAMES[state].length > 1) this.#timer = setInterval(() => this.#next(), FRAME_MS).unref();
    this.#draw();
  }

  #next(): void {
    this.#frame += 1;
    this.#draw();
  }

  #draw(): void {
    const frames = FRAMES[this.#state];
    const name = frames[this.#frame % frames.length] ?? 'running';
    this.#tray.setImage(trayImage(this.#folder, name, this.#images));
  }
}

export function trayImage(
  folder: string,
  name: string,
  images = new Map<string, NativeImage>(),
): NativeImage {
  const file = `${name}${suffix()}.png`;
  const image = images.get(file) ?? nativeImage.createFromPath(join(folder, file));
  images.set(file, image);
  return image;
}

/** Of the drawing in the panel's own ink. Electron finds the `@2x` one beside it. */
function suffix(): string {
  if (process.platform === 'darwin') return 'Template';
  return nativeTheme.shouldUseDarkColors ? '-dark' : '-light';
}
