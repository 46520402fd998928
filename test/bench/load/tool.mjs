import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** @param {string} name @returns {string | undefined} where the program is */
export function findTool(name) {
  // Debian keeps nginx in a folder that is not on everyone's path.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * Runs a program to its end and answers its standard output. No run outlives its limit.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {number} limitSeconds
 */
export async function runTool(name, args, limitSeconds) {
  const { stdout } = await execute(findTool(name) ?? name, args, {
    timeout: limitSeconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 24,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return stdout;
}

/** Writes out what earlier runs left dirty, so that nobody pays for another's bytes. */
export async function settleDisk() {
  await runTool('sync', [], 120);
}

/**
 * Fills memory with a file and gives it back, so that the next file of that size gets pages which have
 * been used before. A virtual machine that returns free memory to its host pays a second and more for
 * each fresh GiB, by chance and whoever is measured.
 *
 * @param {string} folder
 * @param {number} mebibytes
 */
export async function touchMemory(folder, mebibytes) {
  const file = join(folder, 'touched');
  await runTool('dd', ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${mebibytes}`, 'status=none'], 300);
  await rm(file);
}
