import { Menu, shell, type MenuItemConstructorOptions } from 'electron';
import type { Command, Place } from './bridge.ts';

type Item = MenuItemConstructorOptions;

const PLACES: readonly [Place, string][] = [
  ['images', 'Images'],
  ['layers', 'Layers'],
  ['disk', 'Disk'],
  ['activity', 'Activity'],
  ['connect', 'Connect'],
  ['settings', 'Settings'],
];

const HELP = 'https://github.com/opencontainers/distribution-spec/blob/main/spec.md';

/** The application's menu, with what each system expects of one. Its deeds are the window's commands. */
export function setApplicationMenu(send: (command: Command) => void): void {
  const isMac = process.platform === 'darwin';
  Menu.setApplicationMenu(Menu.buildFromTemplate(applicationMenu(isMac, send)));
}

export function applicationMenu(isMac: boolean, send: (command: Command) => void): Item[] {
  const settings: Item = {
    id: 'settings',
    label: 'Settings…',
    accelerator: 'CmdOrCtrl+,',
    click: () => send({ command: 'open place', place: 'settings' }),
  };
  const file: Item[] = [
    { id: 'import', label: 'Import…', accelerator: 'CmdOrCtrl+O', click: () => send({ command: 'import' }) },
    { id: 'clean-up', label: 'Clean up…', click: () => send({ command: 'clean up' }) },
    { type: 'separator' },
    ...(isMac ? [] : [settings, { type: 'separator' } as const]),
    isMac ? { role: 'close' } : { role: 'quit' },
  ];
  return [
    ...(isMac ? [applicationItem(settings)] : []),
    { label: 'File', submenu: file },
    { label: 'Edit', submenu: editItems(send) },
    { label: 'View', submenu: viewItems(send) },
    { role: 'windowMenu' },
    { role: 'help', submenu: helpItems(send, isMac) },
  ];
}

function applicationItem(settings: Item): Item {
  return {
    label: 'Berth',
    submenu: [
      { role: 'about' },
      { type: 'separator' },
      settings,
      { type: 'separator' },
      { role: 'services' },
      { type: 'separator' },
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      { type: 'separator' },
      { role: 'quit' },
    ],
  };
}

/** Undo of text is the field's own; in the window's lists it takes back what was done to images. */
function editItems(send: (command: Command) => void): Item[] {
  return [
    { role: 'undo' },
    { role: 'redo' },
    { type: 'separator' },
    { role: 'cut' },
    { role: 'copy' },
    { role: 'paste' },
    { role: 'selectAll' },
    { type: 'separator' },
    { id: 'take-back', label: 'Undo last change', click: () => send({ command: 'undo' }) },
    { id: 'find', label: 'Find', accelerator: 'CmdOrCtrl+F', click: () => send({ command: 'find' }) },
  ];
}

function viewItems(send: (command: Command) => void): Item[] {
  return [
    ...PLACES.map(([place, label], index): Item => ({
      id: place,
      label,
      accelerator: `CmdOrCtrl+${index + 1}`,
      click: () => send({ command: 'open place', place }),
    })),
    { type: 'separator' },
    {
      id: 'palette',
      label: 'Command palette',
      accelerator: 'CmdOrCtrl+K',
      click: () => send({ command: 'show palette' }),
    },
    { type: 'separator' },
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { role: 'togglefullscreen' },
    { type: 'separator' },
    { role: 'reload' },
    { role: 'toggleDevTools' },
  ];
}

function helpItems(send: (command: Command) => void, isMac: boolean): Item[] {
  return [
    { id: 'keys', label: 'Keyboard shortcuts', click: () => send({ command: 'show keys' }) },
    { id: 'spec', label: 'OCI Distribution Spec', click: () => void shell.openExternal(HELP) },
    ...(isMac ? [] : [{ type: 'separator' } as const, { role: 'about' } as const]),
  ];
}
