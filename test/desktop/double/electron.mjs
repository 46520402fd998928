// The parts of Electron's main process that Berth uses, on Node and a real Chromium. What is missing says so by name.
import { app } from './app.mjs';
import { browser } from './chromium.mjs';
import {
  clipboard,
  dialog,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  screen,
  shell,
  Tray,
} from './desktop.mjs';
import { ipcMain } from './ipc.mjs';
import { Menu } from './menu.mjs';
import { protocol } from './protocol.mjs';
import { session } from './session.mjs';
import { strict } from './strict.mjs';
import { BrowserWindow } from './window.mjs';

// Electron is ready when its engine is. Chromium's profile is one app's alone.
if (!app.isSecond) browser().then(() => app.becomeReady());

const electron = strict('electron', {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  protocol,
  screen,
  session,
  shell,
  Tray,
});

export {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  protocol,
  screen,
  session,
  shell,
  Tray,
};
export default electron;
