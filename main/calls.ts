import { shell } from 'electron';
import * as v from 'valibot';
import { chooseArchives, chooseDataFolder, chooseTarget } from './dialogs.ts';
import type { FileJobs } from './file-jobs.ts';
import type { Ipc } from './ipc.ts';
import type { LogFile } from './log.ts';
import type { Server } from './server.ts';
import { FOLDER, PORT, PREFERENCES_PATCH, type SettingsFile } from './settings.ts';
import { CHOICE, type WaysOut } from './ways-out.ts';
import type { MainWindow } from './window.ts';

export interface Parts {
  readonly settings: SettingsFile;
  readonly window: MainWindow;
  readonly server: Server;
  readonly files: FileJobs;
  readonly waysOut: WaysOut;
  readonly log: LogFile;
}

const TEXT = v.pipe(v.string(), v.maxLength(4096));
const EXPORT = v.object({
  references: v.pipe(v.array(TEXT), v.minLength(1), v.maxLength(1000)),
  platform: v.exactOptional(TEXT),
  fileName: TEXT,
});
const MOVE = v.object({
  port: v.exactOptional(PORT),
  dataFolder: v.exactOptional(FOLDER),
});

/** Everything that the window may ask of main, and that main tells it. */
export function answerWindow(ipc: Ipc, parts: Parts): void {
  settingsCalls(ipc, parts);
  fileCalls(ipc, parts);
  troubleCalls(ipc, parts);
}

function settingsCalls(ipc: Ipc, { settings, server, window, waysOut, log }: Parts): void {
  ipc.on('settings:read', [], () => settings.current);
  ipc.on('settings:change', [PREFERENCES_PATCH], (patch) => settings.change(patch));
  ipc.on(
    'settings:choose-folder',
    [],
    async () => (await chooseDataFolder(window.current, settings.current.dataFolder)) ?? null,
  );
  ipc.on('settings:move', [MOVE], (to) => waysOut.move(to));
  ipc.on('reveal:data-folder', [], async () => {
    const problem = await shell.openPath(server.place.dataFolder);
    if (problem !== '') throw new Error(problem);
  });
  ipc.on('reveal:log', [], async () => {
    await log.flush();
    shell.showItemInFolder(log.path);
  });
  settings.on('change', (changed) => window.send('settings:changed', changed));
}

function fileCalls(ipc: Ipc, { files, window }: Parts): void {
  ipc.on('files:import', [TEXT], (path) => files.stage(path));
  ipc.on('files:choose-imports', [], async () =>
    (await chooseArchives(window.current)).map((path) => files.stage(path)),
  );
  ipc.on('files:export', [EXPORT], async (request) => {
    const path = await chooseTarget(window.current, request.fileName);
    return path === undefined ? null : files.export(path, request);
  });
  ipc.on('files:list', [], () => files.all);
  ipc.on('files:cancel', [TEXT], (id) => files.cancel(id));
  ipc.on('files:reveal', [TEXT], (id) => {
    const path = files.pathOf(id);
    if (path !== undefined) shell.showItemInFolder(path);
  });
  files.on('change', (job) => window.send('files:changed', job));
}

function troubleCalls(ipc: Ipc, { server, waysOut, window }: Parts): void {
  ipc.on('trouble:read', [], () => server.trouble);
  ipc.on('trouble:choose', [CHOICE], async (choice) => {
    const trouble = await waysOut.choose(choice);
    // The page of the trouble has done its work.
    if (trouble === null) window.showAt('#/');
    return trouble;
  });
  server.on('trouble', (trouble) => {
    if (trouble === null) window.forgetRoute();
    window.send('trouble:changed', trouble);
  });
}
