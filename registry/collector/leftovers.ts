import { rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { listFolder } from '../disk/files.ts';

/** Damaged content and torn records, which are set aside for people to look at. */
const SET_ASIDE = [
  { folder: 'quarantine', pattern: /^sha(?:256|512)-[a-f0-9]+-\d+$/ },
  { folder: 'journal', pattern: /^\d{8}\.log\.torn$/ },
] as const;

/**
 * Removes what was set aside before that time.
 *
 * @param before milliseconds since 1970
 * @returns paths within the data folder
 */
export async function removeLeftovers(blobs: BlobStore, before: number): Promise<string[]> {
  const dataFolder = dirname(blobs.folder);
  const removed: string[] = [];
  for (const { folder, pattern } of SET_ASIDE) {
    for (const name of await listFolder(join(dataFolder, folder))) {
      if (!pattern.test(name)) continue;
      const path = join(dataFolder, folder, name);
      // Not the time of its content, which may be old, but when it came here.
      if ((await stat(path)).ctimeMs >= before) continue;
      await rm(path, { force: true });
      removed.push(join(folder, name));
    }
  }
  return removed;
}
