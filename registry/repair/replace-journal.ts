import { copyFile, link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, replaceFile, syncFolder } from '../disk/files.ts';
import { systemCode } from '../error.ts';
import { listSegments, segmentPath, SEGMENT_HEADER } from '../journal/segment.ts';
import { BASE_FILE, CHECKPOINT_FILE, writeCheckpoint, type Checkpoint } from '../journal/checkpoint.ts';

/**
 * Puts a state in the place of the journal: as its base and checkpoint, with an empty segment behind them.
 * What was there is kept in a folder beside it.
 *
 * The order makes that a crash leaves the old journal or the new one: the next segment, which the old journal
 * has no use for; the base, which counts only without a good checkpoint; the checkpoint, and from here on it is
 * the new one; and only then the old segments go.
 *
 * @param checkpoint its segment is the highest that there ever was
 * @returns the folder with what was there before
 */
export async function replaceJournal<State>(
  dataFolder: string,
  checkpoint: Checkpoint<State>,
  now: number,
): Promise<string> {
  const folder = join(dataFolder, 'journal');
  await makeFolder(folder);
  const old = await listSegments(folder);
  const aside = join(dataFolder, `journal.damaged-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`);
  await keep(folder, [...old.map((number) => segmentPath('', number)), CHECKPOINT_FILE, BASE_FILE], aside);

  await replaceFile(segmentPath(folder, checkpoint.segment + 1), [SEGMENT_HEADER]);
  await writeCheckpoint(folder, BASE_FILE, checkpoint);
  await writeCheckpoint(folder, CHECKPOINT_FILE, checkpoint);
  for (const number of old) {
    if (number <= checkpoint.segment) await rm(segmentPath(folder, number), { force: true });
  }
  await syncFolder(folder);
  return aside;
}

/** As second names of the same files where the file system has such, so that it takes no room. */
async function keep(folder: string, names: readonly string[], aside: string): Promise<void> {
  await makeFolder(aside);
  for (const name of names) {
    const [from, to] = [join(folder, name), join(aside, name)];
    try {
      await link(from, to);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') continue;
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
      await copyFile(from, to);
      await syncFile(to);
    }
  }
  await syncFolder(aside);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
