import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import { version } from '../package.json';
import type { Bridge, Command, Unsubscribe } from './bridge.ts';
import type { Calls, Messages } from './channels.ts';

async function call<Channel extends keyof Calls>(
  channel: Channel,
  ...args: Parameters<Calls[Channel]>
): Promise<ReturnType<Calls[Channel]>> {
  try {
    return (await ipcRenderer.invoke(channel, ...args)) as ReturnType<Calls[Channel]>;
  } catch (error) {
    throw new Error(plainMessage(error), { cause: error });
  }
}

/** Electron puts the channel and the class of the error before the sentence that is for people. */
function plainMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^Error invoking remote method '[^']*': (?:\w*Error: )?/, '');
}

function listen<Channel extends keyof Messages>(
  channel: Channel,
  listener: (message: Messages[Channel]) => void,
): Unsubscribe {
  const receive = (_event: IpcRendererEvent, message: Messages[Channel]): void => listener(message);
  ipcRenderer.on(channel, receive);
  return () => {
    ipcRenderer.removeListener(channel, receive);
  };
}

const listeners = new Set<(command: Command) => void>();
let early: Command[] = [];

listen('command', (command) => {
  if (listeners.size === 0) early.push(command);
  for (const listener of listeners) listener(command);
});

function onCommand(listener: (command: Command) => void): Unsubscribe {
  listeners.add(listener);
  const missed = early;
  early = [];
  for (const command of missed) listener(command);
  return () => {
    listeners.delete(listener);
  };
}

const bridge: Bridge = {
  platform: process.platform as Bridge['platform'],
  version,
  settings: {
    read: () => call('settings:read'),
    change: (patch) => call('settings:change', patch),
    onChange: (listener) => listen('settings:changed', listener),
    chooseDataFolder: () => call('settings:choose-folder'),
    move: (to) => call('settings:move', to),
  },
  files: {
    async importFile(file) {
      const path = webUtils.getPathForFile(file);
      if (path === '') throw new Error('This file is not on the disk.');
      return await call('files:import', path);
    },
    chooseImports: () => call('files:choose-imports'),
    exportImages: (request) => call('files:export', request),
    list: () => call('files:list'),
    cancel: (id) => call('files:cancel', id),
    reveal: (id) => call('files:reveal', id),
    onChange: (listener) => listen('files:changed', listener),
  },
  trouble: {
    read: () => call('trouble:read'),
    choose: (choice) => call('trouble:choose', choice),
    onChange: (listener) => listen('trouble:changed', listener),
  },
  onCommand,
  revealDataFolder: () => call('reveal:data-folder'),
  revealLog: () => call('reveal:log'),
};

contextBridge.exposeInMainWorld('berth', bridge);
