import { constants } from 'node:fs';
import { open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { RegistryError, systemCode } from '../error.ts';

/** A data folder that nobody else writes to until `release`, or until this process ends in any way. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the folder's lock. The kernel holds it, not a file's mere presence, so that nothing is left to
 * clean up after `kill -9`; the file `lock` only tells people who has it.
 *
 * @throws RegistryError DATA_FOLDER_UNUSABLE naming the process that has the folder
 */
export async function lockFolder(folder: string): Promise<Lock> {
  const path = join(folder, 'lock');
  const hold = process.platform === 'linux' ? await holdSocket(folder) : await holdFile(`${path}.held`);
  if (hold === undefined) {
    throw new RegistryError(
      'DATA_FOLDER_UNUSABLE',
      `The data folder ${folder} is in use by ${await holder(path)}. Stop that one, or choose another folder with --data.`,
    );
  }
  await writeFile(path, `${process.pid}\n`);
  return {
    async release() {
      await rm(path, { force: true });
      await hold();
    },
  };
}

type Release = () => Promise<void>;

/** Linux: an abstract socket named after the folder's inode. The kernel allows one and removes it itself. */
async function holdSocket(folder: string): Promise<Release | undefined> {
  const { dev, ino } = await stat(folder);
  const server = createServer((socket) => socket.destroy());
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error) => {
      if (systemCode(error) === 'EADDRINUSE') resolve(true);
      else reject(error);
    });
    server.listen(`\0berth-${dev}-${ino}`, () => resolve(false));
  });
  if (taken) return undefined;
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** macOS and Windows: libuv opens a file for one process alone with this flag. */
const EXCLUSIVE_LOCK = process.platform === 'win32' ? 0x10000000 : 0x20;

async function holdFile(path: string): Promise<Release | undefined> {
  let file: FileHandle;
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | EXCLUSIVE_LOCK;
    file = await open(path, process.platform === 'win32' ? flags : flags | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EAGAIN' || code === 'EBUSY' || code === 'EWOULDBLOCK') return undefined;
    throw error;
  }
  return () => file.close();
}

async function holder(path: string): Promise<string> {
  try {
    return `another Berth (process ${(await readFile(path, 'utf8')).trim()})`;
  } catch (error) {
    // The other one is starting and has not written its number yet.
    if (systemCode(error) === 'ENOENT') return 'another Berth';
    throw error;
  }
}
