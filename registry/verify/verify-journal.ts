import { dirname, join } from 'node:path';
import { everyName, fingerprintOf, fingerprintOfContent, type Fingerprint } from '../catalog/fingerprint.ts';
import { ContentIndex } from '../catalog/content-index.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Ledger, LedgerRecord } from '../catalog/ledger.ts';
import { held } from '../catalog/trash.ts';
import { Pace } from '../pace.ts';

export interface JournalCheck {
  /** Damage of the journal's files: sentences without an end. */
  readonly problems: readonly string[];
  /** Where the catalog is not what the journal says. */
  readonly differences: readonly string[];
  /** What was made anew. */
  readonly repaired: readonly string[];
  /** Repositories that changed whenever they were looked at, and could not be compared. */
  readonly changing: number;
}

/** Pushes go on meanwhile: what they change is looked at again, but not for ever. */
const ROUNDS = 4;

/**
 * Reads the journal again and compares with the catalog what it amounts to, and the counts of who needs which
 * content with the catalog itself.
 */
export async function verifyJournal(ledger: Ledger, repair: boolean): Promise<JournalCheck> {
  let { problems, differences, changing } = await compare(ledger);
  const repaired: string[] = [];
  if (repair && problems.length > 0) {
    repaired.push(...(await repairFiles(ledger)));
    ({ problems, differences, changing } = await compare(ledger));
  }
  const count = await compareContent(ledger.catalog);
  return { problems, differences: [...differences, ...count], repaired, changing };
}

/** The catalog in memory is good: the checkpoint can be made anew, and take the place of what is damaged. */
async function repairFiles(ledger: Ledger): Promise<string[]> {
  const { problems } = await ledger.replay(() => undefined);
  const repaired: string[] = [];
  if (problems.some((each) => each.includes('checkpoint.json'))) {
    await ledger.renewCheckpoint();
    repaired.push('made the checkpoint anew');
  }
  if ((await ledger.replay(() => undefined)).problems.length === 0) return repaired;
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const aside = join(dirname(ledger.folder), `journal.damaged-${time}`);
  try {
    await ledger.rebase(aside);
    repaired.push(`made the base anew; the segments before it are in ${aside}`);
  } catch (error) {
    // What is damaged is not in a good checkpoint. The report says so.
    if (!(error instanceof Error)) throw error;
  }
  return repaired;
}

async function compare(ledger: Ledger): Promise<Pick<JournalCheck, 'problems' | 'differences' | 'changing'>> {
  const differences: string[] = [];
  let names: Set<string> | undefined;
  for (let round = 1; ; round += 1) {
    const changed = new Changed();
    const unsubscribe = ledger.subscribe((record) => changed.add(record));
    try {
      const { problems, repositories } = await ledger.replay(() => changed.clear());
      if (problems.length > 0) return { problems, differences: [], changing: 0 };
      names ??= new Set([...repositories.keys(), ...everyName(ledger.catalog)]);
      const again = new Set<string>();
      for (const name of names) {
        const difference = await differenceOf(ledger.catalog, name, repositories.get(name));
        if (changed.has(name)) again.add(name);
        else if (difference !== undefined) differences.push(difference);
      }
      if (again.size === 0 || round === ROUNDS) return { problems, differences, changing: again.size };
      names = again;
    } finally {
      unsubscribe();
    }
  }
}

async function differenceOf(
  catalog: Catalog,
  name: string,
  expected: Fingerprint | undefined,
): Promise<string | undefined> {
  const actual = await fingerprintOf(catalog, name);
  const kinds = ['tags', 'manifests', 'blobs', 'trash', 'history'] as const;
  const different = kinds.filter((kind) => actual[kind] !== (expected?.[kind] ?? EMPTY[kind]));
  return different.length === 0 ? undefined : `${name}: ${different.join(', ')}`;
}

/** Of a repository that is not there. */
const EMPTY: Fingerprint = {
  tags: '0/0',
  manifests: '0/0',
  blobs: '0/0 0/0',
  trash: '0/0 0/0',
  history: '0/0',
};

/** Repositories that records have changed since a moment. */
class Changed {
  readonly #names = new Set<string>();
  #all = false;

  add({ ops }: LedgerRecord): void {
    for (const operation of ops) {
      if ('repository' in operation) this.#names.add(operation.repository);
      else if (operation.op === 'observed') for (const [name] of operation.pulls) this.#names.add(name);
      else if (operation.op === 'history.trim') this.#all = true;
    }
  }

  has(name: string): boolean {
    return this.#all || this.#names.has(name);
  }

  clear(): void {
    this.#names.clear();
    this.#all = false;
  }
}

/** What is counted while records are applied, against a fresh count. */
async function compareContent(catalog: Catalog): Promise<string[]> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { version } = catalog;
    const fresh = await fingerprintOfContent(await countAfresh(catalog));
    const kept = await fingerprintOfContent(catalog.content);
    if (catalog.version !== version || !catalog.isSettled) continue;
    return fresh === kept ? [] : ['who needs which content: start Berth again to have it counted anew'];
  }
  return [];
}

async function countAfresh({ repositories, trash }: Catalog): Promise<ContentIndex> {
  const pace = new Pace();
  const content = new ContentIndex();
  for (const { manifests, blobs } of repositories.values()) {
    for (const manifest of manifests.values()) {
      content.addManifest(manifest);
      await pace.rest();
    }
    for (const [digest, size] of blobs) {
      content.hold(digest, size);
      await pace.rest();
    }
  }
  for (const [, { manifests, blobs }] of trash.repositories) {
    for (const { manifest } of manifests.values()) {
      for (const [digest, size] of held(manifest)) content.hold(digest, size);
      await pace.rest();
    }
    for (const [digest, { size }] of blobs) content.hold(digest, size);
  }
  return content;
}
