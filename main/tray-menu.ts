import type { MenuItemConstructorOptions } from 'electron';
import { formatBytes } from '../registry/index.ts';
import { count } from './format.ts';
import type { RecentImage } from './recent-images.ts';
import type { ServerState } from './server.ts';
import type { Figures } from './watch.ts';

export interface TrayView {
  readonly state: ServerState;
  /** `localhost:5080` */
  readonly address: string;
  /** Whether something is wrong that needs a person. */
  readonly isTroubled: boolean;
  /** Waits for pushes before it ends. */
  readonly isQuitting: boolean;
  readonly figures: Figures;
  readonly startAtLogin: boolean;
}

export interface TrayDeeds {
  copyAddress(): void;
  openImage(image: RecentImage): void;
  cleanUp(): void;
  importImages(): void;
  openWindow(): void;
  startAtLogin(wanted: boolean): void;
  quit(): void;
}

/** What is shown when the tray is clicked. */
export function trayMenu(view: TrayView, deeds: TrayDeeds): MenuItemConstructorOptions[] {
  const { figures, state } = view;
  const isRunning = state === 'running';
  return [
    { id: 'state', label: stateLine(view), enabled: view.isTroubled, click: deeds.openWindow },
    { id: 'copy', label: `Copy ${view.address}`, enabled: isRunning, click: deeds.copyAddress },
    { type: 'separator' },
    ...recentItems(figures.recent, deeds),
    { type: 'separator' },
    { id: 'space', label: spaceLine(figures), enabled: false },
    { id: 'clean-up', label: 'Clean up…', enabled: isRunning, click: deeds.cleanUp },
    { id: 'import', label: 'Import…', enabled: isRunning, click: deeds.importImages },
    { type: 'separator' },
    { id: 'open', label: 'Open Berth', click: deeds.openWindow },
    {
      id: 'login',
      label: 'Start at login',
      type: 'checkbox',
      checked: view.startAtLogin,
      click: ({ checked }) => deeds.startAtLogin(checked),
    },
    { type: 'separator' },
    { id: 'quit', label: view.isQuitting ? 'Quit now' : 'Quit Berth', click: deeds.quit },
  ];
}

export function stateLine({ state, address, isTroubled, isQuitting, figures }: TrayView): string {
  const pushes = count(figures.pushes, 'push', 'pushes');
  if (isTroubled) return 'Berth could not start…';
  if (isQuitting) return `Quits when ${pushes} ${figures.pushes === 1 ? 'is' : 'are'} done`;
  if (state !== 'running')
    return state === 'stopped' ? 'Stopped' : `${state === 'starting' ? 'Start' : 'Stopp'}ing…`;
  if (figures.pushes > 0) return `Receiving ${pushes} on ${address}`;
  return figures.isBusy ? `Working on ${address}` : `Running on ${address}`;
}

function recentItems(images: Figures['recent'], deeds: TrayDeeds): MenuItemConstructorOptions[] {
  if (images === null) return [{ id: 'recent', label: 'Last images: unknown', enabled: false }];
  if (images.length === 0) return [{ id: 'recent', label: 'No images yet', enabled: false }];
  return images.map((image) => ({
    id: `recent:${image.repository}:${image.tag}`,
    label: `${image.repository}:${image.tag}`,
    click: () => deeds.openImage(image),
  }));
}

function spaceLine({ disk }: Figures): string {
  if (disk === null) return 'Space used: unknown';
  const used = `${formatBytes(disk.used)} used`;
  return disk.reclaimable === 0 ? used : `${used}, ${formatBytes(disk.reclaimable)} reclaimable`;
}
