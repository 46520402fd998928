import { constants } from 'node:fs';
import { open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { isDiskFull, RegistryError, systemCode } from '../error.ts';

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
      { detail: { problem: 'in use' } },
    );
  }
  try {
    await writeFile(path, `${process.pid}\n`);
  } catch (error) {
    // It is for people only, and no reason not to start on a full disk.
    if (!isDiskFull(error)) {
      await hold();
      throw error;
    }
  }
  return {
    async release() {
      await rm(path, { force: true });
      await hold();
    },
  };
}

type Release = () => Promise<void>;

/**
 * Linux: two sockets. An abstract one, named after the folder's inode, of which the kernel allows one in a
 * network namespace and which it removes itself; and one in the folder, that containers with a network of
 * their own meet too. The second outlives its process, but then nobody answers at it any more.
 */
async function holdSocket(folder: string): Promise<Release | undefined> {
  const { dev, ino } = await stat(folder);
  const first = await listenAt(`\0berth-${dev}-${ino}`);
  if (first === undefined) return undefined;
  const second = await holdPath(folder);
  if (second === undefined) await first();
  if (second === undefined) return undefined;
  return async () => {
    await second();
    await first();
  };
}

async function holdPath(folder: string): Promise<Release | undefined> {
  // Through an open folder, because the path of a socket has no more than 107 characters.
  const handle = await open(folder, 'r');
  const path = `/proc/self/fd/${handle.fd}/lock.socket`;
  try {
    if (await answers(path)) {
      await handle.close();
      return undefined;
    }
    await rm(path, { force: true });
    const release = await listenAt(path);
    return async () => {
      await release?.();
      await handle.close();
    };
  } catch (error) {
    // A file system without sockets, or without room for one: the first one has to do.
    await handle.close();
    const code = systemCode(error);
    if (code === 'EPERM' || code === 'EOPNOTSUPP' || isDiskFull(error)) return async () => {};
    throw error;
  }
}

/** Undefined if somebody listens there already. */
async function listenAt(address: string): Promise<Release | undefined> {
  const server = createServer((socket) => socket.destroy());
  const isTaken = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error) => {
      if (systemCode(error) === 'EADDRINUSE') resolve(true);
      else reject(error);
    });
    server.listen(address, () => resolve(false));
  });
  if (isTaken) return undefined;
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
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
