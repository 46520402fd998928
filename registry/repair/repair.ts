import { BlobStore } from '../blobs/blob-store.ts';
import { takeSnapshot } from '../catalog/snapshot.ts';
import { findMissing, type MissingContent } from '../verify/missing.ts';
import { lockForRepair } from '../disk/data-folder.ts';
import { examine } from './problems.ts';
import { rebuild, type Rebuilt } from './rebuild.ts';
import { replaceJournal } from './replace-journal.ts';
import type { DamagedRange } from './salvage.ts';
import { readSources } from './sources.ts';

export interface RebuiltJournal extends Omit<Rebuilt, 'catalog'> {
  /** Where the rebuilding began: the last record of the checkpoint or base that was good. */
  readonly startedAfter: number;
  readonly damage: readonly DamagedRange[];
  /** Records with a flipped bit that was set right. */
  readonly corrected: number;
  readonly repositories: number;
  readonly tags: number;
  readonly manifests: number;
  /** The folder with the damaged journal. */
  readonly aside: string;
}

export interface RepairReport {
  /** What is wrong with the journal; nothing was changed if there is nothing. */
  readonly problems: readonly string[];
  readonly rebuilt?: RebuiltJournal;
  /** Content that the catalog needs and that is not here: pushing its images again brings it back. */
  readonly missing: readonly MissingContent[];
}

/**
 * Rebuilds a damaged journal of a folder that no server has open. Of a journal that is as it should be it
 * changes nothing. It removes nothing in any case: the damaged files are set aside.
 *
 * @throws RegistryError DATA_FOLDER_UNUSABLE; nothing is changed then
 */
export async function repairDataFolder(dataFolder: string, now = Date.now()): Promise<RepairReport> {
  const lock = await lockForRepair(dataFolder);
  try {
    const sources = await readSources(dataFolder);
    const { problems, catalog } = await examine(dataFolder, sources);
    const blobs = await BlobStore.open(dataFolder);
    try {
      if (problems.length === 0) return { problems, missing: (await findMissing(catalog, blobs)).missing };
      const rebuilt = await rebuild(sources, blobs, now);
      const { seq } = rebuilt;
      const state = takeSnapshot(rebuilt.catalog);
      const aside = await replaceJournal(dataFolder, { seq, segment: sources.lastSegment, state }, now);
      return {
        problems,
        rebuilt: summarize(rebuilt, sources.start.seq, sources.damage, sources.corrected, aside),
        missing: (await findMissing(rebuilt.catalog, blobs)).missing,
      };
    } finally {
      await blobs.close();
    }
  } finally {
    await lock.release();
  }
}

function summarize(
  { catalog, ...rebuilt }: Rebuilt,
  startedAfter: number,
  damage: readonly DamagedRange[],
  corrected: number,
  aside: string,
): RebuiltJournal {
  const repositories = catalog.sortedNames.flatMap((name) => catalog.findRepository(name) ?? []);
  return {
    ...rebuilt,
    startedAfter,
    damage,
    corrected,
    repositories: repositories.length,
    tags: repositories.reduce((sum, { tags }) => sum + tags.size, 0),
    manifests: repositories.reduce((sum, { manifests }) => sum + manifests.size, 0),
    aside,
  };
}
