import { join } from 'node:path';
import { nativeImage, nativeTheme, type NativeImage, type Tray } from 'electron';
import { FRAMES, trayFile, type TrayState } from './tray-images.ts';

const FRAME_MS = 400;

/** Draws the state into the tray. */
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
    const drawing = frames[this.#frame % frames.length] ?? 'running';
    this.#tray.setImage(trayImage(this.#folder, drawing, this.#images));
  }
}

export function trayImage(
  folder: string,
  drawing: string,
  images = new Map<string, NativeImage>(),
): NativeImage {
  // The window's own appearance says nothing about the taskbar.
  const file = trayFile(drawing, process.platform, nativeTheme.shouldUseDarkColorsForSystemIntegratedUI);
  const image = images.get(file) ?? nativeImage.createFromPath(join(folder, file));
  images.set(file, image);
  return image;
}
