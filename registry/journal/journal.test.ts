import { execFileSync } from 'node:child_process';
import {
  appendFile,
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';
import type { JournalRecord } from './record.ts';
import { segmentPath } from './segment.ts';

interface Note {
  readonly note: string;
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function openJournal(options: { segmentBytes?: number; folder?: string } = {}) {
  const records: JournalRecord<Note>[] = [];
  const closed: number[] = [];
  const opened = await Journal.open<Note>({
    folder,
    after: { seq: 0, segment: 0 },
    apply: (record) => records.push(record),
    onClosed: (segment) => closed.push(segment),
    ...options,
  });
  return { ...opened, records, closed };
}

async function writeNotes(...notes: string[]): Promise<void> {
  const { journal } = await openJournal();
  for (const note of notes) await journal.append({ client: 'test' }, [{ note }]);
  await journal.close();
}

function notesOf(records: readonly JournalRecord<Note>[]): string[] {
  return records.flatMap(({ ops }) => ops.map(({ note }) => note));
}

const firstSegment = (): string => segmentPath(folder, 1);

describe('Journal.open', () => {
  it('removes a file that a crash kept from replacing the checkpoint', async () => {
    await writeFile(join(folder, '.checkpoint.json.new'), '{"format":');
    const { journal } = await openJournal();
    await journal.close();
    expect(await readdir(folder)).not.toContain('.checkpoint.json.new');
  });
});

describe('Journal.append', () => {
  it('gives back after a restart what it acknowledged, in order', async () => {
    await writeNotes('one', 'two', 'naïve 🐳');
    const { journal, records } = await openJournal();
    await journal.close();
    expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(notesOf(records)).toEqual(['one', 'two', 'naïve 🐳']);
    expect(records[0]?.actor).toEqual({ client: 'test' });
  });

  it('gives back a record of more operations than are encoded in one step', async () => {
    const notes = Array.from({ length: 1001 }, (_, i) => ({ note: `naïve ${i}` }));
    const { journal } = await openJournal();
    await journal.append({}, notes);
    await journal.close();
    const { journal: again, records } = await openJournal();
    await again.close();
    expect(records.map(({ ops }) => ops)).toEqual([notes]);
  });

  it('applies a record before it acknowledges it', async () => {
    const { journal, records } = await openJournal();
    const record = await journal.append({}, [{ note: 'now' }]);
    expect(records).toEqual([record]);
    await journal.close();
  });

  it('shares one sync among records that arrive together', async () => {
    const { journal, records } = await openJournal();
    await Promise.all(Array.from({ length: 200 }, (_, i) => journal.append({}, [{ note: `${i}` }])));
    expect(notesOf(records)).toEqual(Array.from({ length: 200 }, (_, i) => `${i}`));
    expect(journal.syncs).toBeLessThan(20);
    await journal.close();
  });

  it('goes on in a new segment when one is full, and reads all of them again', async () => {
    const { journal, closed } = await openJournal({ segmentBytes: 200 });
    for (let i = 1; i <= 10; i += 1) await journal.append({}, [{ note: `${i}` }]);
    await journal.close();
    expect(closed.length).toBeGreaterThan(2);
    const again = await openJournal({ segmentBytes: 200 });
    await again.journal.close();
    expect(notesOf(again.records)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  });

  it('acknowledges nothing that it writes to a file which was taken away, and goes on when it is back', async () => {
    const { journal } = await openJournal();
    await journal.append({}, [{ note: 'one' }]);
    await rename(firstSegment(), `${firstSegment()}.away`);
    await expect(journal.append({}, [{ note: 'lost' }])).rejects.toMatchObject({
      code: 'STORAGE_GONE',
    });
    await rename(`${firstSegment()}.away`, firstSegment());
    await journal.append({}, [{ note: 'two' }]);
    await journal.close();
    const again = await openJournal();
    await again.journal.close();
    expect(notesOf(again.records)).toEqual(['one', 'two']);
  });

  it.each([
    ['a copy of it', () => copyFile(`${firstSegment()}.away`, firstSegment())],
    ['another journal', () => writeFile(firstSegment(), 'berth-journal 1\n')],
  ])('writes nothing to %s that was put in its place', async (_what, putInPlace) => {
    const { journal } = await openJournal();
    await journal.append({}, [{ note: 'one' }]);
    await rename(firstSegment(), `${firstSegment()}.away`);
    await putInPlace();
    await expect(journal.append({}, [{ note: 'lost' }])).rejects.toMatchObject({ code: 'STORAGE_GONE' });
    await rename(`${firstSegment()}.away`, firstSegment());
    await journal.append({}, [{ note: 'two' }]);
    await journal.close();
  });

  it('writes nothing behind a part that somebody has cut off', async () => {
    const { journal } = await openJournal();
    await journal.append({}, [{ note: 'one' }]);
    await truncate(firstSegment(), 20);
    await expect(journal.append({}, [{ note: 'lost' }])).rejects.toMatchObject({ code: 'STORAGE_GONE' });
    await journal.close();
  });

  it('refuses records when it is closed', async () => {
    const { journal } = await openJournal();
    await journal.close();
    await expect(journal.append({}, [{ note: 'late' }])).rejects.toThrow('stopping');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'says so on a full disk, loses nothing, and goes on later',
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
      try {
        const small = join(folder, 'journal');
        const { journal } = await openJournal({ folder: small });
        await journal.append({}, [{ note: 'kept' }]);
        await expect(journal.append({}, [{ note: 'x'.repeat(100_000) }])).rejects.toMatchObject({
          code: 'ENOSPC',
        });
        await journal.append({}, [{ note: 'after' }]);
        await journal.close();
        const again = await openJournal({ folder: small });
        await again.journal.close();
        expect(notesOf(again.records)).toEqual(['kept', 'after']);
        expect(again.torn).toBeUndefined();
      } finally {
        execFileSync('umount', [folder]);
      }
    },
  );
});

describe('Journal.open', () => {
  it.each([1, 20, 60])(
    'drops a last record that lacks its last %i bytes, and keeps them aside',
    async (cut) => {
      await writeNotes('one', 'two');
      const whole = await readFile(firstSegment());
      await truncate(firstSegment(), whole.length - cut);

      const { journal, records, torn } = await openJournal();
      expect(notesOf(records)).toEqual(['one']);
      expect(torn?.bytes).toBeGreaterThan(0);
      expect(await readdir(folder)).toContain('00000001.log.torn');
      await journal.append({}, [{ note: 'three' }]);
      await journal.close();

      const again = await openJournal();
      await again.journal.close();
      expect(notesOf(again.records)).toEqual(['one', 'three']);
      expect(again.torn).toBeUndefined();
    },
  );

  it('drops a last record whose checksum is wrong', async () => {
    await writeNotes('one');
    await appendFile(firstSegment(), '00000000 {"seq":2,"time":"x","actor":{},"ops":[]}\n');
    const { journal, records, torn } = await openJournal();
    await journal.close();
    expect(notesOf(records)).toEqual(['one']);
    expect(torn).toBeDefined();
  });

  it('drops a write of several records of which a part never reached the disk', async () => {
    await writeNotes('one');
    const { journal } = await openJournal();
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((note) => journal.append({}, [{ note }])));
    await journal.close();
    const bytes = await readFile(firstSegment());
    const at = bytes.indexOf('"note":"c"');
    await writeFile(firstSegment(), bytes.fill(0, at, at + 4));

    const { journal: again, records, torn } = await openJournal();
    expect(torn).toBeDefined();
    expect(notesOf(records).slice(0, 2)).toEqual(['one', 'a']);
    await again.append({}, [{ note: 'next' }]);
    await again.close();
    const third = await openJournal();
    await third.journal.close();
    expect(notesOf(third.records).at(-1)).toBe('next');
  });

  it('forgives a torn record when a crash left an empty segment behind it', async () => {
    await writeNotes('one', 'two');
    await appendFile(firstSegment(), '1234');
    await writeFile(segmentPath(folder, 2), '');
    const { journal, records } = await openJournal();
    await journal.append({}, [{ note: 'three' }]);
    await journal.close();
    expect(notesOf(records)).toEqual(['one', 'two', 'three']);
  });

  it('refuses a journal damaged before its last record, and changes nothing', async () => {
    await writeNotes('one', 'two', 'three');
    const bytes = await readFile(firstSegment());
    bytes[bytes.indexOf('two')] = 'T'.charCodeAt(0);
    await writeFile(firstSegment(), bytes);
    const before = await readdir(folder);
    await expect(openJournal()).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
    expect(await readFile(firstSegment())).toEqual(bytes);
    expect(await readdir(folder)).toEqual(before);
  });

  it('refuses a journal from which a record was taken out', async () => {
    await writeNotes('one', 'two', 'three');
    const lines = (await readFile(firstSegment(), 'utf8')).split('\n');
    lines.splice(2, 1);
    await writeFile(firstSegment(), lines.join('\n'));
    await expect(openJournal()).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
  });

  it('refuses a torn record in a segment that is not the last', async () => {
    const { journal } = await openJournal({ segmentBytes: 200 });
    for (let i = 1; i <= 4; i += 1) await journal.append({}, [{ note: `${i}` }]);
    await journal.close();
    const { length } = await readFile(firstSegment());
    await truncate(firstSegment(), length - 5);
    await expect(openJournal()).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
  });

  it('refuses a journal that lacks a segment', async () => {
    const { journal } = await openJournal({ segmentBytes: 100 });
    for (let i = 1; i <= 4; i += 1) await journal.append({}, [{ note: `${i}` }]);
    await journal.close();
    await rm(segmentPath(folder, 2));
    await expect(openJournal()).rejects.toThrow('00000002.log is missing');
  });

  it('refuses a segment of a newer format by saying so', async () => {
    await writeFile(firstSegment(), 'berth-journal 2\n');
    await expect(openJournal()).rejects.toThrow('newer version');
  });

  it.each(['', 'berth-jour'])('writes the header of a segment that a crash left as %j', async (header) => {
    await writeFile(firstSegment(), header);
    const { journal } = await openJournal();
    await journal.append({}, [{ note: 'one' }]);
    await journal.close();
    const again = await openJournal();
    await again.journal.close();
    expect(notesOf(again.records)).toEqual(['one']);
  });
});

describe('JournalOptions.prepare', () => {
  it('lets no record pass the one that takes long, which counts only when it is applied', async () => {
    const steps: string[] = [];
    let finish = (): void => undefined;
    const { journal } = await Journal.open<Note>({
      folder,
      after: { seq: 0, segment: 0 },
      apply: ({ seq }) => steps.push(`applied ${seq}`),
      prepare: ({ seq }) => {
        steps.push(`preparing ${seq} after ${journal.seq}`);
        return seq === 1 ? new Promise((resolve) => (finish = resolve)) : undefined;
      },
    });
    const appended = ['one', 'two'].map((note) => journal.append({}, [{ note }]));
    while (steps.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(steps).toEqual(['preparing 1 after 0']);
    finish();
    await Promise.all(appended);
    expect(steps).toEqual(['preparing 1 after 0', 'applied 1', 'preparing 2 after 1', 'applied 2']);
    await journal.close();
  });
});
