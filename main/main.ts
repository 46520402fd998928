import { app, dialog, session } from 'electron';
import { join } from 'node:path';
import { Api } from './api.ts';
import { answerWindow } from './calls.ts';
import { FileJobs } from './file-jobs.ts';
import { introduce } from './introduce.ts';
import { openIpc } from './ipc.ts';
import { openLog } from './log.ts';
import { followStartAtLogin, isStartedBySystem } from './login.ts';
import { setApplicationMenu } from './menu.ts';
import { denyNavigation, denyPermissions } from './navigation.ts';
import { Notifications } from './notifications.ts';
import { OpenFiles } from './open-files.ts';
import { registerProtocol, serveProtocol } from './protocol.ts';
import { Quit } from './quit.ts';
import { Server } from './server.ts';
import { SettingsFile } from './settings.ts';
import { SingleInstance, startAnew } from './single-instance.ts';
import { BerthTray } from './tray.ts';
import { findProblem } from './user-data.ts';
import { Watch } from './watch.ts';
import { WaysOut } from './ways-out.ts';
import { MainWindow } from './window.ts';

const here = import.meta.dirname;
const images = join(here, '../resources');
const userData = app.getPath('userData');

// What the page's engine keeps is not the registry's data, and on some disks `Cache` and `cache` are one folder.
const sessionData = join(userData, 'window');
const problem = findProblem(userData, sessionData);
app.setPath('sessionData', sessionData);
registerProtocol();
introduce();
const opened = new OpenFiles();
const instance = new SingleInstance();

if (problem !== undefined) void app.whenReady().then(() => giveUp(problem));
else if (instance.take(opened.early)) app.whenReady().then(start).catch(giveUp);
else app.quit();

async function start(): Promise<void> {
  const settings = await SettingsFile.open(userData);
  const log = openLog(settings.current.dataFolder, join(userData, 'logs'));
  process.on('uncaughtException', (error) => log.error('something failed that nobody expected', { error }));
  process.on('unhandledRejection', (error) => log.error('something failed that nobody expected', { error }));

  // The registry, and those who ask it.
  const windowFolder = join(here, 'window');
  const server = new Server(log, windowFolder, settings.current);
  const api = new Api(server);
  const watch = new Watch(server, api, log);
  const files = new FileJobs(server, api, log);

  // The window, and what it may.
  denyNavigation(log);
  denyPermissions(session.defaultSession);
  await serveProtocol(session.defaultSession, windowFolder, server);
  const window = new MainWindow(settings, join(images, 'icons/256x256.png'), log);
  const waysOut = new WaysOut(server, settings, window, log);
  answerWindow(openIpc(log), { settings, window, server, files, waysOut, log });
  setApplicationMenu((command) => void window.command(command));

  // What is there while the window is not.
  const quit = new Quit({ server, files, watch, window, settings, log });
  const notifications = new Notifications(settings, () => window.show());
  watch.on('arrived', (transfer) => notifications.arrived(transfer));
  watch.on('ended', (job) => notifications.ended(job));
  files.on('imported', (name, result) => notifications.imported(name, result));
  files.on('failed', ({ name, error }) => notifications.failed(`Could not import ${name}`, error ?? ''));
  files.on('review', ({ id }) => void window.command({ command: 'review import', job: id }));

  new BerthTray(join(images, 'tray'), { settings, server, watch, window, quit, opened, log }).follow();
  await followStartAtLogin(settings, log);

  instance.listen((paths) => {
    if (!quit.stay()) return startAnew(paths);
    window.show();
    return opened.open(paths);
  });
  const trouble = settings.problem === null ? await waysOut.start() : server.holdBack(settings.problem);
  if (trouble !== null) window.showAt('#/trouble');
  else if (isStartedBySystem()) app.dock?.hide();
  else window.show();
  opened.listen((paths) => {
    for (const path of paths) files.import(path);
  });
}

/** Where not even the window that explains a failure can be shown. */
function giveUp(error: unknown): void {
  console.error(error);
  dialog.showErrorBox('Berth could not start', error instanceof Error ? error.message : String(error));
  app.exit(1);
}
