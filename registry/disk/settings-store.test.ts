import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { SettingsStore } from './settings-store.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-settings-'));
  file = join(folder, 'berth.json');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function fileContent(): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}

describe('SettingsStore', () => {
  it('has the defaults while nobody has set anything', async () => {
    await writeFile(file, '{"format":1}');
    expect((await SettingsStore.open(folder)).current).toEqual(DEFAULT_SETTINGS);
  });

  it('writes only what was set, and keeps what it does not know', async () => {
    await writeFile(file, '{"format":1,"theme":"dark"}');
    const store = await SettingsStore.open(folder);
    await store.change({ undoDays: 0, budget: null });
    expect(await fileContent()).toEqual({ format: 1, theme: 'dark', undoDays: 0, budget: null });
    expect((await SettingsStore.open(folder)).current).toEqual({ ...DEFAULT_SETTINGS, undoDays: 0 });
  });

  it('loses no change of several at once, and tells of each', async () => {
    await writeFile(file, '{"format":1}');
    const store = await SettingsStore.open(folder);
    const told: number[] = [];
    store.subscribe(({ undoDays }) => told.push(undoDays));
    await Promise.all([
      store.change({ undoDays: 1 }),
      store.change({ budget: 5 }),
      store.change({ undoDays: 2 }),
    ]);
    expect(store.current).toMatchObject({ undoDays: 2, budget: 5 });
    expect(await fileContent()).toMatchObject({ undoDays: 2, budget: 5 });
    expect(told).toEqual([1, 1, 2]);
  });

  it('keeps what somebody wrote into the file meanwhile', async () => {
    await writeFile(file, '{"format":1}');
    const store = await SettingsStore.open(folder);
    await writeFile(file, '{"format":1,"verifyDays":3}');
    expect(await store.change({ undoDays: 1 })).toMatchObject({ verifyDays: 3, undoDays: 1 });
  });

  it('overwrites no file that somebody has broken meanwhile', async () => {
    await writeFile(file, '{"format":1}');
    const store = await SettingsStore.open(folder);
    await writeFile(file, '{"format":1,"budget":true}');
    await expect(store.change({ undoDays: 1 })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readFile(file, 'utf8')).toBe('{"format":1,"budget":true}');
    expect(store.current.undoDays).toBe(7);
  });

  it('changes nothing for a patch that is wrong', async () => {
    await writeFile(file, '{"format":1}');
    const store = await SettingsStore.open(folder);
    await expect(store.change({ undoDays: -1 })).rejects.toThrow('undoDays must be a number of days');
    await expect(store.change({ undoDay: 1 })).rejects.toThrow('There is no setting named "undoDay"');
    await expect(store.change({ format: 2 })).rejects.toThrow('There is no setting named "format"');
    await expect(store.change([1])).rejects.toThrow('must be a JSON object');
    expect(await fileContent()).toEqual({ format: 1 });
    expect(store.current).toEqual(DEFAULT_SETTINGS);
  });

  it.each([
    ['{"format":1,', 'is not readable JSON'],
    ['{"format":1,"budget":"20 GB"}', 'budget must be a whole number of bytes'],
    ['{"retention":[{"repositories":"A"}]}', 'retention[0].repositories must be a pattern'],
    ['{"retention":[{}]}', 'retention[0].repositories must be a pattern'],
    ['{"retention":[{"repositories":"a","keepNewst":3}]}', 'no member of retention[0] named "keepNewst"'],
    ['{"retention":[{"repositories":"a","keepNewest":0}]}', 'retention[0].keepNewest must be'],
    ['{"retention":[{"repositories":"a","protect":["v*","/"]}]}', 'retention[0].protect[1] must be'],
  ])('says what is wrong in %s, and leaves the file as it is', async (text, message) => {
    await writeFile(file, text);
    const opened = SettingsStore.open(folder);
    await expect(opened).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toThrow(file);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('lets a test have its own, until they are changed', async () => {
    await writeFile(file, '{"format":1,"undoDays":3}');
    const store = await SettingsStore.open(folder, { undoDays: 0, budget: 9 });
    expect(store.current).toMatchObject({ undoDays: 0, budget: 9 });
    expect(await store.change({ undoDays: 5 })).toMatchObject({ undoDays: 5, budget: 9 });
    expect(await fileContent()).toEqual({ format: 1, undoDays: 5 });
  });
});
