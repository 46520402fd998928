import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../error.ts';

/** The unit of `stat`'s `blocks`, whatever the file system's own is. */
const BLOCK_BYTES = 512;

/** Pushes and pulls need the same disk. */
const LOOKS_AT_ONCE = 8;

/**
 * What is in a folder, as the file system counts it: bytes for each of its entries, all that is below included.
 *
 * @param onFile is told of every file
 */
export async function measureFolder(
  folder: string,
  onFile: (path: string, bytes: number) => void = () => undefined,
): Promise<Map<string, number>> {
  const parts = new Map<string, number>();
  for (const name of await namesIn(folder)) parts.set(name, await measure(join(folder, name), onFile));
  return parts;
}

/** Bytes of the disk that a file takes, or a folder with all that is in it. */
async function measure(path: string, onFile: (path: string, bytes: number) => void): Promise<number> {
  const found = await look(path);
  if (found === undefined) return 0;
  if (!found.isFolder) {
    onFile(path, found.bytes);
    return found.bytes;
  }
  let { bytes } = found;
  const folders = [path];
  for (const each of folders) {
    const names = (await namesIn(each)).values();
    const looker = async (): Promise<void> => {
      for (const name of names) {
        const entry = await look(join(each, name));
        if (entry === undefined) continue;
        bytes += entry.bytes;
        if (entry.isFolder) folders.push(join(each, name));
        else onFile(join(each, name), entry.bytes);
      }
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, looker));
  }
  return bytes;
}

/** What goes while it is being looked at counts for nothing. */
async function look(path: string): Promise<{ bytes: number; isFolder: boolean } | undefined> {
  try {
    const stats = await lstat(path);
    // Windows does not count in blocks.
    const bytes = stats.blocks === undefined ? stats.size : stats.blocks * BLOCK_BYTES;
    return { bytes, isFolder: stats.isDirectory() };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) names.push(name);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  return names;
}
