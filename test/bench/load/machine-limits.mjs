import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from './tool.mjs';

/**
 * Sequential writing to the disk, flushed: MiB a second by dd.
 *
 * @param {string} folder
 * @param {number} mebibytes
 */
export async function diskRate(folder, mebibytes) {
  const file = join(folder, 'dd');
  const args = ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${mebibytes}`, 'conv=fdatasync'];
  const started = performance.now();
  await runTool('dd', args, 300);
  const seconds = (performance.now() - started) / 1000;
  await rm(file);
  return mebibytes / seconds;
}

/**
 * SHA-256 on one core, from memory: MiB a second.
 *
 * @param {number} mebibytes
 */
export function sha256Rate(mebibytes) {
  const block = randomBytes(1 << 20);
  const hash = createHash('sha256');
  const started = performance.now();
  for (let i = 0; i < mebibytes; i += 1) hash.update(block);
  hash.digest();
  return mebibytes / ((performance.now() - started) / 1000);
}

/**
 * Small files made durable one after another, the way a blob must be: write, fsync, rename, fsync of
 * the folder. Files a second.
 *
 * @param {string} folder
 * @param {number} seconds
 */
export async function durableFileRate(folder, seconds) {
  const root = join(folder, 'durable');
  await mkdir(root);
  const directory = await open(root);
  const content = Buffer.alloc(4096, '.');
  const started = performance.now();
  let files = 0;
  while (performance.now() - started < seconds * 1000) {
    const temporary = join(root, 'temporary');
    const file = await open(temporary, 'w');
    await file.write(content);
    await file.sync();
    await file.close();
    await rename(temporary, join(root, String(files)));
    await directory.sync();
    files += 1;
  }
  const elapsed = (performance.now() - started) / 1000;
  await directory.close();
  await rm(root, { recursive: true });
  return files / elapsed;
}
