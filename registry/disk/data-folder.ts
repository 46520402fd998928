import { access, constants, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Low } from 'lowdb';
import { journalDamaged, RegistryError, systemCode } from '../error.ts';
import { listFolder, makeFolder, removeUnfinished } from './files.ts';
import { DurableJSONFile } from './json-file.ts';
import { lockFolder, type Lock } from './lock.ts';

/** Of the data folder as a whole. A Berth that finds a higher number than this touches nothing. */
const FORMAT = 1;

interface Settings {
  format: number;
}

/** The platform's application-data folder, the one that the desktop app uses too. */
export function defaultDataFolder(env: NodeJS.ProcessEnv = process.env): string {
  const home = homedir();
  switch (process.platform) {
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Berth');
    case 'win32':
      return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Berth');
    default:
      return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'Berth');
  }
}

/**
 * Makes the folder ours, or says in one sentence why it cannot be; then it is as it was.
 *
 * @throws RegistryError DATA_FOLDER_UNUSABLE
 */
export async function openDataFolder(folder: string): Promise<Lock> {
  try {
    const settings = settingsOf(folder);
    await refuseNewer(folder, settings);
    await makeFolder(folder);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    await refuseWithoutJournal(folder);
    const lock = await lockFolder(folder);
    try {
      await removeUnfinished(folder);
      const isNew = (await sizeOf(join(folder, 'berth.json'))) === undefined;
      if (isNew) await settings.write();
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw explainFolder(folder, error);
  }
}

/**
 * Locks a folder that is there, in whatever state its journal is, and changes nothing in it.
 *
 * @throws RegistryError DATA_FOLDER_UNUSABLE
 */
export async function lockForRepair(folder: string): Promise<Lock> {
  try {
    const names = await listFolder(folder);
    if (!OWN_NAMES.some((name) => names.includes(name))) {
      throw new RegistryError(
        'DATA_FOLDER_UNUSABLE',
        `${folder} is not a data folder: nothing of Berth is in it. Name the right one with --data.`,
      );
    }
    await refuseNewer(folder, settingsOf(folder));
    return await lockFolder(folder);
  } catch (error) {
    throw explainFolder(folder, error);
  }
}

/** Any of them tells that a folder is, or was, Berth's. */
const OWN_NAMES = ['berth.json', 'journal', 'blobs', 'index.json'];

function settingsOf(folder: string): Low<Settings> {
  return new Low<Settings>(new DurableJSONFile(join(folder, 'berth.json')), { format: FORMAT });
}

/** Content without a journal is a folder that has lost one: an empty catalog over it would hide that. */
async function refuseWithoutJournal(folder: string): Promise<void> {
  const journal = await listFolder(join(folder, 'journal'));
  const blobs = await listFolder(join(folder, 'blobs', 'sha256'));
  if (blobs.length === 0 || journal.some((name) => name.endsWith('.log'))) return;
  throw journalDamaged(folder, `${join(folder, 'journal')} is missing or empty, although there is content`);
}

async function refuseNewer(folder: string, settings: Low<Settings>): Promise<void> {
  try {
    await settings.read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RegistryError(
      'DATA_FOLDER_UNUSABLE',
      `${join(folder, 'berth.json')} is not readable JSON: ${error.message}. Correct it, or choose another folder with --data.`,
    );
  }
  if (typeof settings.data.format === 'number' && settings.data.format <= FORMAT) return;
  throw new RegistryError(
    'DATA_FOLDER_UNUSABLE',
    `The data folder ${folder} was written by a newer version of Berth. Install that version, or choose another folder with --data.`,
  );
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write to it',
  EPERM: 'this user may not write to it',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the path is too long',
  ENOENT: 'it cannot be created there',
  EIO: 'the disk reports errors',
};

/** A sentence for what the file system refused; any other error as it is. */
export function explainFolder(folder: string, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof RegistryError || code === undefined) return error;
  return new RegistryError(
    'DATA_FOLDER_UNUSABLE',
    `The data folder ${folder} cannot be used: ${REASONS[code] ?? code}. Choose another folder with --data.`,
    { cause: error },
  );
}
