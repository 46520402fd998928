import { clipboard, Menu, Tray } from 'electron';
import type { Log } from '../registry/index.ts';
import type { OpenFiles } from './open-files.ts';
import type { Quit } from './quit.ts';
import type { Server } from './server.ts';
import type { SettingsFile } from './settings.ts';
import { trayImage, TrayIcon } from './tray-icon.ts';
import type { TrayState } from './tray-images.ts';
import { stateLine, trayMenu, type TrayDeeds, type TrayView } from './tray-menu.ts';
import type { Watch } from './watch.ts';
import type { MainWindow } from './window.ts';

interface Parts {
  readonly settings: SettingsFile;
  readonly server: Server;
  readonly watch: Watch;
  readonly window: MainWindow;
  readonly quit: Quit;
  readonly opened: OpenFiles;
  readonly log: Log;
}

/** The app's face while its window is put away. */
export class BerthTray {
  readonly #parts: Parts;
  readonly #tray: Tray;
  readonly #icon: TrayIcon;
  readonly #deeds: TrayDeeds;
  #shown = '';

  /** @param images folder of the tray's images */
  constructor(images: string, parts: Parts) {
    this.#parts = parts;
    this.#deeds = deedsOf(parts, () => this.#showAnew());
    this.#tray = new Tray(trayImage(images, 'stopped'));
    this.#icon = new TrayIcon(this.#tray, images);
    // On macOS a click shows the menu.
    if (process.platform !== 'darwin') this.#tray.on('click', this.#deeds.openWindow);
    this.#tray.on('drop-files', (_event, paths) => parts.opened.open(paths));
  }

  follow(): void {
    const { watch, server, settings, quit } = this.#parts;
    const show = (): void => this.#show();
    watch.on('figures', show);
    server.on('state', show);
    server.on('trouble', show);
    settings.on('change', show);
    quit.on('change', show);
    show();
  }

  #showAnew(): void {
    this.#shown = '';
    this.#show();
  }

  #show(): void {
    const view = viewOf(this.#parts);
    this.#icon.show(trayState(view));
    const template = trayMenu(view, this.#deeds);
    // A menu that is open closes when it is replaced: only what differs is worth that.
    const shown = JSON.stringify(template);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tray.setContextMenu(Menu.buildFromTemplate(template));
    this.#tray.setToolTip(`Berth: ${stateLine(view)}`);
  }
}

function viewOf({ settings, server, watch, quit }: Parts): TrayView {
  const { startAtLogin } = settings.current;
  return {
    state: server.state,
    address: addressOf(server),
    isTroubled: server.trouble !== null,
    isQuitting: quit.isWaiting,
    figures: watch.figures,
    startAtLogin,
  };
}

/** As it stands in the names of images. */
function addressOf({ place }: Server): string {
  return `localhost:${place.port}`;
}

/** @param undo shows the menu as it is, which a click may have changed */
function deedsOf({ settings, server, window, quit, log }: Parts, undo: () => void): TrayDeeds {
  return {
    copyAddress: () => void clipboard.writeText(addressOf(server)),
    openImage: ({ repository, tag }) =>
      void window.command({ command: 'open image', repository, reference: tag }),
    cleanUp: () => void window.command({ command: 'clean up' }),
    importImages: () => void window.command({ command: 'import' }),
    openWindow: () => (server.trouble === null ? window.show() : window.showAt('#/trouble')),
    startAtLogin: (startAtLogin) =>
      void settings.change({ startAtLogin }).catch((error: unknown) => {
        log.error('could not keep what was chosen in the tray', { error });
        undo();
      }),
    quit: () => void quit.now(),
  };
}

function trayState({ state, isTroubled, figures }: TrayView): TrayState {
  if (isTroubled) return 'attention';
  if (state !== 'running') return 'stopped';
  return figures.isBusy ? 'busy' : 'running';
}
