import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const LOOK_MS = 500;

/**
 * Resolves when the npm that runs this process has ended; never where none does. npm does not pass
 * signals on: ended alone, it would leave a server behind that nobody knows of.
 */
export async function npmEnded(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const npm = env['npm_command'] === undefined ? undefined : await findNpm();
  if (npm === undefined) return new Promise(() => undefined);
  while (isAlive(npm)) await delay(LOOK_MS, undefined, { ref: false });
}

/** npm starts commands through a shell, which may or may not have made room for them. */
async function findNpm(): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=,comm=', '-p', String(process.ppid)]);
    const [, grandparent, command] = /^\s*(\d+)\s+(\S+)/.exec(stdout) ?? [];
    if (command === undefined) return undefined;
    return /(?:^|\/)-?(?:ba|da|z|k)?sh$/.test(command) ? Number(grandparent) : process.ppid;
  } catch {
    // A system without ps: whoever ends npm there has to end the server too.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // Gone. Our own npm is never one that we may not signal.
    return false;
  }
}
