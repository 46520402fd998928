import { execFileSync } from 'node:child_process';
import { appendFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ballast } from './ballast.ts';
import { Journal } from './journal.ts';
import type { JournalRecord } from './record.ts';

const MIB = 1 << 20;

interface Note {
  readonly note: string;
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-ballast-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'ballast');

describe('Ballast', () => {
  it('is laid down, given up in parts, and made whole again', async () => {
    const ballast = await Ballast.open(folder);
    expect(await ballast.release()).toBe(false);
    await ballast.keepUp();
    expect(statSync(path()).size).toBe(MIB);
    expect(await ballast.release()).toBe(true);
    expect(statSync(path()).size).toBeLessThan(MIB);
    await ballast.keepUp();
    await ballast.close();
    expect(statSync(path()).size).toBe(MIB);
    // Not in name only: other programs could have the room of a file with holes.
    expect(statSync(path()).blocks * 512).toBeGreaterThanOrEqual(MIB);
  });

  it('has nothing more to give when all was given', async () => {
    const ballast = await Ballast.open(folder);
    await ballast.keepUp();
    for (let left = ballast.size; left > 0; left = ballast.size) expect(await ballast.release()).toBe(true);
    expect(await ballast.release()).toBe(false);
    await ballast.close();
  });

  it.each([
    ['removed', () => rm(path())],
    ['cut short', () => truncate(path(), 1000)],
  ])('is made whole when somebody has %s it', async (_what, harm) => {
    const ballast = await Ballast.open(folder);
    await ballast.keepUp();
    await harm();
    await ballast.keepUp();
    await ballast.close();
    expect(statSync(path()).size).toBe(MIB);
  });
});

describe.skipIf(process.getuid?.() !== 0)('Journal.append on a disk that others have filled', () => {
  const problems: string[] = [];
  let records: JournalRecord<Note>[];

  beforeEach(() => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    records = [];
  });
  afterEach(() => execFileSync('umount', [folder]));

  async function openJournal(): Promise<Journal<Note>> {
    records = [];
    const { journal } = await Journal.open<Note>({
      folder,
      after: { seq: 0, segment: 0 },
      apply: (record) => records.push(record),
      isEssential: (ops) => ops.every(({ note }) => note.startsWith('delete')),
      onProblem: (problem) => problems.push(problem),
    });
    return journal;
  }

  /** Takes all that is left, as another program does. */
  function fill(): void {
    for (const bytes of [64 << 10, 4096, 1]) {
      try {
        for (;;) appendFileSync(join(folder, 'other'), Buffer.alloc(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      }
    }
  }

  const append = (journal: Journal<Note>, note: string) =>
    journal.append({}, [{ note: note.padEnd(5000, '.') }]);
  const notes = (): string[] => records.map(({ ops }) => ops[0]?.note.replaceAll('.', '') ?? '');

  it('writes what makes room, refuses the rest, and both in one batch', async () => {
    const journal = await openJournal();
    await append(journal, 'one');
    await laidDown();
    fill();
    // The first is written alone, the others together, when it has failed.
    const settled = await Promise.allSettled(
      ['two', 'delete a', 'three', 'delete b', 'four'].map((note) => append(journal, note)),
    );
    expect(settled.map(({ status }) => status === 'fulfilled')).toEqual([false, true, false, true, false]);
    expect(settled[0]).toMatchObject({ reason: { code: 'ENOSPC' } });
    fill();
    await append(journal, 'delete d');
    await journal.close();

    fill();
    const again = await openJournal();
    expect(notes()).toEqual(['one', 'delete a', 'delete b', 'delete d']);
    await append(again, 'delete e');
    await rm(join(folder, 'other'));
    await append(again, 'five');
    await again.close();
    const third = await openJournal();
    await third.close();
    expect(notes().slice(-2)).toEqual(['delete e', 'five']);
    expect(statSync(path()).size).toBe(MIB);
  });

  it('refuses even that when the ballast is used up, and loses nothing', async () => {
    const journal = await openJournal();
    await laidDown();
    const written: string[] = [];
    const useUp = async (): Promise<never> => {
      for (;;) {
        fill();
        const note = `delete ${written.length}`;
        await append(journal, note);
        written.push(note);
      }
    };
    await expect(useUp()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(written.length).toBeGreaterThan(10);
    await journal.close();
    const again = await openJournal();
    await again.close();
    expect(notes()).toEqual(written);
  });

  it('starts where a crash left an empty segment and no room to begin it', async () => {
    const journal = await openJournal();
    await laidDown();
    await append(journal, 'one');
    await journal.close();
    await writeFile(join(folder, '00000002.log'), '');
    fill();
    const again = await openJournal();
    await append(again, 'delete a');
    await again.close();
    expect(notes()).toEqual(['one', 'delete a']);
  });

  /** What the journal does beside its opening. */
  async function laidDown(): Promise<void> {
    const beside = await Ballast.open(folder);
    await beside.keepUp();
    await beside.close();
  }
});
