import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const ASK_MS = 1000;

/**
 * The program that listens on a TCP port, as `nginx (process 412)`; undefined where the system does not
 * tell, which it does only for programs of the same user unless one is root.
 */
export async function describePortHolder(host: string, port: number): Promise<string | undefined> {
  const holder = await findHolder(port);
  const dataFolder = await askBerth(host, port);
  if (dataFolder === undefined) return holder;
  return `another Berth${holder === undefined ? '' : `, ${holder}`}, with its data in ${dataFolder}`;
}

/** The data folder of the Berth that answers there, if one does. */
async function askBerth(host: string, port: number): Promise<string | undefined> {
  try {
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/healthz`;
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    const health: unknown = await response.json();
    if (typeof health !== 'object' || health === null || !('dataFolder' in health)) return undefined;
    return String(health.dataFolder);
  } catch {
    // Something else has the port.
    return undefined;
  }
}

async function findHolder(port: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return await holderFromProc(port);
    if (process.platform === 'darwin') return await holderFromLsof(port);
    return undefined;
  } catch {
    // It only makes a message better.
    return undefined;
  }
}

const LISTENING = '0A';

async function holderFromProc(port: number): Promise<string | undefined> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(table, 'utf8')).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (local.endsWith(`:${hexPort}`) && state === LISTENING) inodes.add(`socket:[${inode}]`);
    }
  }
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await hasOpen(pid, inodes)) {
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
      return `${name} (process ${pid})`;
    }
  }
  return undefined;
}

async function hasOpen(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  try {
    for (const fd of await readdir(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (inodes.has(target)) return true;
    }
  } catch {
    // Another user's process, or one that has just ended.
  }
  return false;
}

async function holderFromLsof(port: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  const name = /^c(.+)$/m.exec(stdout)?.[1];
  return pid === undefined || name === undefined ? undefined : `${name} (process ${pid})`;
}
