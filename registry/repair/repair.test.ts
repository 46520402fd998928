import { cp, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Digest } from '../reference.ts';
import { FilledFolder, flipBit, scratch, type Tags } from '../../test/filled-folder.ts';
import { repairDataFolder } from './repair.ts';

let folder: FilledFolder;

afterEach(() => folder.remove());

async function fill(options = { checkpoint: false }): Promise<Tags> {
  folder = await FilledFolder.create(options);
  return folder.tags;
}

describe('repairDataFolder', () => {
  it('changes nothing in a folder that is as it should be', async () => {
    await fill({ checkpoint: true });
    const before = await folder.contents();
    expect(await repairDataFolder(folder.path)).toEqual({ problems: [], missing: [] });
    expect(await folder.contents()).toEqual(before);
  });

  it('sets a flipped bit in the middle of a segment right, and loses nothing', async () => {
    const tags = await fill();
    await flipBit(folder.segment(2));
    await expect(folder.start()).rejects.toThrow(`berth repair --data ${folder.path}`);
    const { rebuilt } = await repairDataFolder(folder.path);
    expect(rebuilt).toMatchObject({ lost: [], corrected: 1, listed: [], doubtful: [] });
    expect(await folder.tagsAfterStart()).toEqual(tags);
  });

  it('sets any flipped bit of a segment right', { timeout: 60_000 }, async () => {
    const tags = await fill();
    const { size } = await stat(folder.segment(2));
    for (const part of [0.03, 0.1, 0.31, 0.57, 0.83, 0.99]) {
      await cp(folder.path, `${folder.path}-copy`, { recursive: true });
      await flipBit(folder.segment(2), Math.floor(size * part));
      const { rebuilt } = await repairDataFolder(folder.path);
      expect({ part, lost: rebuilt?.lost }).toEqual({ part, lost: [] });
      expect(await folder.tagsAfterStart()).toEqual(tags);
      await rm(folder.path, { recursive: true });
      await rename(`${folder.path}-copy`, folder.path);
    }
  });

  const damages: [what: string, damage: () => Promise<unknown>][] = [
    ['lines in the middle of a segment', () => scratch(folder.segment(3))],
    ['a segment in the middle', () => rm(folder.segment(4))],
    ['the first segment', () => rm(folder.segment(1))],
    ['the last segment', async () => rm(folder.segment((await folder.segmentNumbers()).at(-1) ?? 0))],
    ['a segment that is empty', () => truncate(folder.segment(4), 0)],
    [
      'all segments',
      async () => Promise.all((await folder.segmentNumbers()).map((each) => rm(folder.segment(each)))),
    ],
    ['the journal', () => rm(folder.at('journal'), { recursive: true })],
    [
      'the records at the end',
      async () => {
        for (const number of (await folder.segmentNumbers()).slice(-2)) {
          const [header] = (await readFile(folder.segment(number), 'utf8')).split('\n');
          await writeFile(folder.segment(number), `${header}\n`);
        }
      },
    ],
  ];

  it.each(damages)('gives every tag its image back when it lost %s', async (_, damage) => {
    const tags = await fill();
    await damage();
    expect(await folder.codeOfStart()).toBe('JOURNAL_DAMAGED');
    const { rebuilt, missing } = await repairDataFolder(folder.path);
    expect(rebuilt?.lost.length).toBeGreaterThan(0);
    expect(rebuilt?.unreadable).toEqual([]);
    expect(missing).toEqual([]);
    expect(await folder.tagsAfterStart()).toMatchObject(tags);
    expect((await repairDataFolder(folder.path)).problems).toEqual([]);
  });

  it('puts segments whose names were swapped in order, and loses nothing', async () => {
    const tags = await fill();
    await rename(folder.segment(2), folder.journal('x'));
    await rename(folder.segment(3), folder.segment(2));
    await rename(folder.journal('x'), folder.segment(3));
    expect((await repairDataFolder(folder.path)).rebuilt?.lost).toEqual([]);
    expect(await folder.tagsAfterStart()).toEqual(tags);
  });

  it('needs no segment that a good checkpoint covers', async () => {
    const tags = await fill({ checkpoint: true });
    await scratch(folder.segment(2));
    await rm(folder.segment(3));
    expect((await repairDataFolder(folder.path)).rebuilt?.lost).toEqual([]);
    expect(await folder.tagsAfterStart()).toEqual(tags);
  });

  it('goes by the segments when the checkpoint is damaged, and by what is left when they are too', async () => {
    const tags = await fill({ checkpoint: true });
    await truncate(folder.journal('checkpoint.json'), 2000);
    await scratch(folder.segment(2));
    const { rebuilt } = await repairDataFolder(folder.path);
    expect(rebuilt?.lost).toHaveLength(1);
    expect(await folder.tagsAfterStart()).toMatchObject(tags);
  });

  it('sets a flipped bit in the base right when nothing else has what is in it', async () => {
    const tags = await fill({ checkpoint: true });
    await rename(folder.journal('checkpoint.json'), folder.journal('base.json'));
    for (const number of (await folder.segmentNumbers()).slice(0, -1)) await rm(folder.segment(number));
    await flipBit(folder.journal('base.json'));
    expect((await repairDataFolder(folder.path)).rebuilt?.lost).toEqual([]);
    expect(await folder.tagsAfterStart()).toEqual(tags);
  });

  it('refuses a segment of a newer version, and changes nothing', async () => {
    await fill();
    const text = await readFile(folder.segment(3), 'utf8');
    await writeFile(folder.segment(3), text.replace('berth-journal 1', 'berth-journal 2'));
    await flipBit(folder.segment(2));
    const before = await folder.contents();
    await expect(repairDataFolder(folder.path)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    expect(await folder.contents()).toEqual(before);
  });

  it('refuses a checkpoint of a newer version, as a start does', async () => {
    await fill({ checkpoint: true });
    const text = await readFile(folder.journal('checkpoint.json'), 'utf8');
    await writeFile(folder.journal('checkpoint.json'), text.replace('{"format":1', '{"format":2'));
    await scratch(folder.segment(2));
    const before = await folder.contents();
    expect(await folder.codeOfStart()).toBe('DATA_FOLDER_UNUSABLE');
    await expect(repairDataFolder(folder.path)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    expect(await folder.contents()).toEqual(before);
  });

  it('refuses a folder that is not one of Berth, and leaves nothing in it', async () => {
    await fill();
    await mkdir(folder.at('empty'));
    await expect(repairDataFolder(folder.at('empty'))).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
    });
    expect(await readdir(folder.at('empty'))).toEqual([]);
  });

  it('keeps every manifest in a repository of its own when nothing tells its name', async () => {
    const tags = await fill();
    await rm(folder.at('journal'), { recursive: true });
    await rm(folder.at('index.json'));
    await repairDataFolder(folder.path);
    const ledger = await folder.start();
    const kept = [...(ledger.catalog.findRepository('recovered')?.manifests.keys() ?? [])];
    await ledger.close();
    expect(new Set(kept)).toEqual(new Set([...Object.values(tags), ...kept]));
    expect(kept).toHaveLength(40);
  });

  it('keeps a tag whose manifest is lost with its record, says so, and marks it as unreadable', async () => {
    const tags = await fill();
    const digest = tags['team/app-2:v2'];
    await rm(folder.at('journal'), { recursive: true });
    await rm(folder.at('blobs', ...(digest ?? '').split(':')));
    const { rebuilt, missing } = await repairDataFolder(folder.path);
    expect(rebuilt?.unreadable).toEqual([{ repository: 'team/app-2', digest }]);
    expect(missing).toEqual([{ digest, dependents: ['team/app-2:v2'] }]);
    const ledger = await folder.start();
    const manifest = ledger.catalog.findRepository('team/app-2')?.manifests.get(digest as Digest);
    await ledger.close();
    expect(manifest).toMatchObject({ unreadable: true });
  });

  it('names what is lost with the blobs, and keeps the metadata', async () => {
    const tags = await fill();
    await rm(folder.at('blobs'), { recursive: true });
    const { problems, missing } = await repairDataFolder(folder.path);
    expect(problems).toEqual([]);
    expect(missing).toHaveLength(120);
    expect(await folder.tagsAfterStart()).toEqual(tags);
  });

  it('sets damaged files aside and deletes nothing', async () => {
    await fill();
    await scratch(folder.segment(2));
    const before = await folder.contents();
    const { rebuilt } = await repairDataFolder(folder.path);
    const aside = await readdir(rebuilt?.aside ?? '');
    for (const name of aside) {
      expect(
        (await readFile(join(rebuilt?.aside ?? '', name), 'latin1')) === before[join('journal', name)],
      ).toBe(true);
    }
    expect(aside.filter((name) => name.endsWith('.log'))).toHaveLength(
      Object.keys(before).filter((name) => name.endsWith('.log')).length,
    );
  });

  it('goes on counting behind the highest record that there was', async () => {
    await fill();
    await rm(folder.segment(4));
    const { rebuilt } = await repairDataFolder(folder.path);
    const ledger = await folder.start();
    const { seq } = await ledger.commit({}, { op: 'tag.delete', repository: 'team/app-0', tag: 'v0' });
    await ledger.close();
    expect(seq).toBe((rebuilt?.seq ?? 0) + 1);
    expect(seq).toBeGreaterThan(41);
  });
});

describe('a repair that is killed', () => {
  it('leaves the old journal or the new one, and can be done again', { timeout: 60_000 }, async () => {
    const tags = await fill({ checkpoint: true });
    await truncate(folder.journal('checkpoint.json'), 2000);
    await scratch(folder.segment(2));
    await cp(folder.path, `${folder.path}-old`, { recursive: true });
    await repairDataFolder(folder.path);
    await cp(folder.path, `${folder.path}-new`, { recursive: true });
    const [old, fresh] = [join(`${folder.path}-old`, 'journal'), join(`${folder.path}-new`, 'journal')];
    const added = (await readdir(fresh)).filter((name) => name.endsWith('.log'));
    const steps: (() => Promise<unknown>)[] = [
      ...added.map((name) => () => cp(join(fresh, name), folder.journal(name))),
      () => cp(join(fresh, 'base.json'), folder.journal('base.json')),
      () => cp(join(fresh, 'checkpoint.json'), folder.journal('checkpoint.json')),
      () => rm(folder.segment(1)),
      () => rm(folder.segment(2)),
    ];
    try {
      for (let done = 0; done <= steps.length; done += 1) {
        await rm(folder.at('journal'), { recursive: true });
        await cp(old, folder.at('journal'), { recursive: true });
        for (const step of steps.slice(0, done)) await step();
        try {
          expect(await folder.tagsAfterStart()).toMatchObject(tags);
        } catch (error) {
          expect(error).toMatchObject({ code: 'JOURNAL_DAMAGED' });
        }
        await repairDataFolder(folder.path);
        expect(await folder.tagsAfterStart()).toMatchObject(tags);
      }
    } finally {
      await rm(`${folder.path}-old`, { recursive: true });
      await rm(`${folder.path}-new`, { recursive: true });
    }
  });
});
