import { app } from 'electron';

/** As electron-builder.yml has it: by this the installer's shortcut and the running app are one to Windows. */
const APP_ID = 'app.berth.desktop';

/** Tells the system who is running. */
export function introduce(): void {
  app.setAboutPanelOptions({
    applicationName: app.name,
    applicationVersion: app.getVersion(),
    copyright: 'Copyright © 2026 The Berth authors. MIT licence.',
  });
  // Windows shows no notifications of somebody without a shortcut; in development that is Electron's, if any.
  if (process.platform === 'win32') app.setAppUserModelId(app.isPackaged ? APP_ID : process.execPath);
}
