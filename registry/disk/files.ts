import type { Stats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../error.ts';

/** Makes the names in a folder durable: what was created in, renamed into or removed from it. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await openFolder(path);
  try {
    await folder?.sync();
  } finally {
    await folder?.close();
  }
}

/** Whether an open file or folder is still what is found at its path: it may have been moved, or its disk taken away. */
export async function isInPlace(handle: FileHandle, path: string): Promise<boolean> {
  const [own, found] = await Promise.all([handle.stat(), findStat(path)]);
  return found !== undefined && found.ino === own.ino && found.dev === own.dev;
}

/** Undefined if there is nothing at the path. */
export async function findStat(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** For syncing it; undefined on Windows, which opens no folders and journals its names by itself. */
export async function openFolder(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (process.platform === 'win32' && systemCode(error) === 'EPERM') return undefined;
    throw error;
  }
}

/**
 * Creates a folder, its parents too, and makes them durable. Not by `mkdir`'s own recursion, which on
 * Node 20 never ends where a file system refuses the folder with ENOENT, as /proc does.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
  await syncFolder(dirname(path));
}

const UNFINISHED = /^\..+\.new$/;

/** Removes what `replaceFile` had begun in a folder when an earlier run ended. Only while nobody replaces one. */
export async function removeUnfinished(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => UNFINISHED.test(name));
  for (const name of names) await rm(join(folder, name), { force: true });
}

/** Replaces a file as a whole: after a crash it holds the old content or the new, never a part of it. */
export async function replaceFile(path: string, chunks: Iterable<string | Buffer> | AsyncIterable<string>) {
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  const file = await open(temporary, 'w');
  try {
    for await (const chunk of chunks) {
      await writeAll(file, [typeof chunk === 'string' ? Buffer.from(chunk) : chunk]);
    }
    await file.datasync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/**
 * Writes all the bytes, however many calls that takes: one `writev` may write less than it was given,
 * most often because the disk is nearly full.
 *
 * @param position where in the file; where the last write ended if absent
 */
export async function writeAll(file: FileHandle, buffers: Buffer[], position?: number): Promise<number> {
  let rest = buffers;
  let written = 0;
  while (rest.length > 0) {
    const at = position === undefined ? undefined : position + written;
    const { bytesWritten } = await file.writev(rest, at);
    written += bytesWritten;
    rest = without(rest, bytesWritten);
  }
  return written;
}

/** The buffers less their first `count` bytes, empty ones left out. */
function without(buffers: Buffer[], count: number): Buffer[] {
  let skip = count;
  const rest: Buffer[] = [];
  for (const buffer of buffers) {
    const part = buffer.subarray(Math.min(skip, buffer.length));
    skip -= buffer.length - part.length;
    if (part.length > 0) rest.push(part);
  }
  return rest;
}

/** Names of what is in a folder; none if there is no such folder. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A new file, whose bytes are on the disk when it resolves. */
export async function writeDurably(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await writeAll(file, [content]);
    await file.datasync();
  } finally {
    await file.close();
  }
}
