import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingsFile } from './settings.ts';

describe('the settings of the desktop', () => {
  let folder: string;
  const path = (): string => join(folder, 'desktop.json');
  const open = async (content: string): Promise<SettingsFile> => {
    writeFileSync(path(), content);
    return await SettingsFile.open(folder);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['{"port":', '', '\0\0\0\0', '[]', 'null', '7', '"text"'])(
    'are the defaults after %j',
    async (content) => {
      expect((await open(content)).current).toMatchObject({
        port: 5080,
        dataFolder: folder,
        whatDoesQuit: 'ask',
      });
    },
  );

  it('keep what is right beside what is wrong', async () => {
    const members = { port: 70_000, dataFolder: 5, appearance: 'dark', notifications: 'no' };
    const { current } = await open(JSON.stringify(members));
    expect(current).toMatchObject({
      port: 5080,
      dataFolder: folder,
      appearance: 'dark',
      notifications: true,
    });
  });

  it('set aside what is no JSON', async () => {
    await open('{"port": 5081');
    expect(readFileSync(`${path()}.damaged`, 'utf8')).toBe('{"port": 5081');
  });

  it('set aside a folder', async () => {
    mkdirSync(path());
    const settings = await SettingsFile.open(folder);
    expect(settings.problem).toBeNull();
    expect(existsSync(path())).toBe(false);
    await settings.change({ appearance: 'dark' });
    expect((await SettingsFile.open(folder)).current.appearance).toBe('dark');
  });

  it('are the defaults, and say why, where they can be neither read nor set aside', async () => {
    mkdirSync(path());
    mkdirSync(join(`${path()}.damaged`, 'of before'), { recursive: true });
    const { problem, current } = await SettingsFile.open(folder);
    expect(problem?.message).toContain(path());
    expect(current).toMatchObject({ port: 5080, dataFolder: folder });
  });

  it('stay as they were where they cannot be kept', async () => {
    const settings = await open('{"appearance":"light"}');
    rmSync(path());
    mkdirSync(join(path(), 'of somebody'), { recursive: true });
    await expect(settings.change({ appearance: 'dark' })).rejects.toThrow(`could not be kept in ${path()}`);
    expect(settings.current.appearance).toBe('light');
    rmSync(path(), { recursive: true });
    await settings.change({ notifications: false });
    expect((await SettingsFile.open(folder)).current).toMatchObject({
      appearance: 'light',
      notifications: false,
    });
  });

  it('keep what is changed while another change cannot be kept', async () => {
    const settings = await open('{"appearance":"light"}');
    rmSync(path());
    mkdirSync(join(path(), 'of somebody'), { recursive: true });
    const first = settings.change({ appearance: 'dark' });
    const makeRoom = first.catch(() => rmSync(path(), { recursive: true }));
    const second = settings.change({ notifications: false });
    await expect(first).rejects.toThrow('could not be kept');
    await makeRoom;
    await second;
    const kept = { appearance: 'light', notifications: false };
    expect(settings.current).toMatchObject(kept);
    expect((await SettingsFile.open(folder)).current).toMatchObject(kept);
  });

  it('know no data folder without a beginning', async () => {
    expect((await open('{"dataFolder":"data"}')).current.dataFolder).toBe(folder);
    expect((await open('{"dataFolder":"/srv/data"}')).current.dataFolder).toBe('/srv/data');
  });

  it.each([{ x: 0.5 }, { y: 1e12 }, { width: 0 }, { height: 1e300 }, { x: null }])(
    'forget a window at %j',
    async (change) => {
      const window = { x: -1200, y: 20, width: 900, height: 600, maximized: false };
      expect((await open(JSON.stringify({ window }))).bounds).toEqual(window);
      expect((await open(JSON.stringify({ window: { ...window, ...change } }))).bounds).toBeNull();
    },
  );
});
