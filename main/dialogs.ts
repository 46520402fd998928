import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron';
import { basename, extname } from 'node:path';
import { count } from './format.ts';

/** The system's dialogs belong to the window, if there is one. */
type Parent = BrowserWindow | undefined;

/** @returns nothing if nothing was chosen */
export async function chooseArchives(parent: Parent): Promise<readonly string[]> {
  return await open(parent, {
    title: 'Import images',
    buttonLabel: 'Import',
    filters: [
      { name: 'Image archives', extensions: ['tar', 'tgz', 'gz', 'zst', 'tzst', 'oci'] },
      { name: 'All files', extensions: ['*'] },
    ],
    properties: ['openFile', 'multiSelections'],
  });
}

/** Where to write an archive to. */
export async function chooseTarget(parent: Parent, proposal: string): Promise<string | undefined> {
  // A proposal is a name and never a path, whatever the page says.
  const name = basename(proposal.replaceAll('\\', '/'));
  const options = {
    title: 'Export images',
    buttonLabel: 'Export',
    defaultPath: extname(name) === '' ? `${name}.tar` : name,
    properties: ['createDirectory' as const, 'showOverwriteConfirmation' as const],
  };
  const { canceled, filePath } = await (parent === undefined
    ? dialog.showSaveDialog(options)
    : dialog.showSaveDialog(parent, options));
  return canceled || filePath === '' ? undefined : filePath;
}

export async function chooseDataFolder(parent: Parent, before: string): Promise<string | undefined> {
  const [folder] = await open(parent, {
    title: 'Data folder',
    defaultPath: before,
    properties: ['openDirectory', 'createDirectory'],
  });
  return folder;
}

export type QuitAnswer = 'wait' | 'cut' | 'stay';
const QUIT_ANSWERS: readonly QuitAnswer[] = ['wait', 'cut', 'stay'];

/** @param signal takes the question back, as if it was cancelled */
export async function askHowToQuit(parent: Parent, pushes: number, signal: AbortSignal): Promise<QuitAnswer> {
  const options = {
    signal,
    type: 'question' as const,
    message: `${count(pushes, 'push is', 'pushes are')} in flight.`,
    detail: 'A push that is cut fails at its client. What it has sent so far is kept for its next try.',
    buttons: ['Quit when done', 'Cut and quit', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  };
  const { response } = await (parent === undefined
    ? dialog.showMessageBox(options)
    : dialog.showMessageBox(parent, options));
  return QUIT_ANSWERS[response] ?? 'stay';
}

async function open(parent: Parent, options: OpenDialogOptions): Promise<readonly string[]> {
  const { canceled, filePaths } = await (parent === undefined
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(parent, options));
  return canceled ? [] : filePaths;
}
