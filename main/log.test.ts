import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLog, type LogFile } from './log.ts';

describe('openLog', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-log-'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it('writes lines as people read them', async () => {
    const log = openLog(folder, join(folder, 'spare'));
    log.info('started', { url: 'http://127.0.0.1:5080' });
    await log.flush();
    const text = await readFile(join(folder, 'logs/berth.log'), 'utf8');
    expect(text).toMatch(/^\S+Z info  started url=http:\/\/127\.0\.0\.1:5080\n$/);
  });

  it('leaves out what is below its level, which can be changed', async () => {
    const log = openLog(folder, join(folder, 'spare'));
    log.debug('before');
    log.level = 'debug';
    log.debug('after');
    await log.flush();
    expect(await readFile(log.path, 'utf8')).toMatch(/^\S+ debug after\n$/);
  });

  it('begins a new file when one is full, and keeps five', async () => {
    const log = openLog(folder, join(folder, 'spare'), 200);
    for (let index = 0; index < 60; index += 1) {
      log.info(`line ${index} ${'x'.repeat(80)}`);
      await log.flush();
    }
    const names = (await readdir(join(folder, 'logs'))).toSorted();
    expect(names).toEqual([
      'berth.1.log',
      'berth.2.log',
      'berth.3.log',
      'berth.4.log',
      'berth.5.log',
      'berth.log',
    ]);
    expect(await readFile(join(folder, 'logs/berth.log'), 'utf8')).toContain('line 59');
    const numbers = await Promise.all(
      names.map(async (name) =>
        Number(/line (\d+)/.exec(await readFile(join(folder, 'logs', name), 'utf8'))?.[1]),
      ),
    );
    const [one = 0, two = 0] = numbers;
    expect(one).toBeGreaterThan(two);
  });

  it('writes elsewhere where the folder is none', async () => {
    await writeFile(join(folder, 'file'), '');
    const log = openLog(join(folder, 'file'), join(folder, 'spare'));
    log.error('could not start');
    await log.flush();
    expect(log.path).toBe(join(folder, 'spare/berth.log'));
    expect(await readFile(log.path, 'utf8')).toContain('could not start');
  });

  it('writes elsewhere where the file is none', async () => {
    await mkdir(join(folder, 'logs/berth.log'), { recursive: true });
    const log = openLog(folder, join(folder, 'spare'));
    expect(log.path).toBe(join(folder, 'spare/berth.log'));
  });

  describe('where the spare folder is none either', () => {
    const openNowhere = async (): Promise<LogFile> => {
      await writeFile(join(folder, 'file'), '');
      return openLog(join(folder, 'file'), join(folder, 'file'));
    };

    it('writes to a new temporary folder, which it keeps', async () => {
      for (const name of ['TMPDIR', 'TEMP']) vi.stubEnv(name, folder);
      const log = await openNowhere();
      log.moveTo(join(folder, 'file'));
      log.error('could not start');
      await log.flush();
      const made = (await readdir(folder)).filter((name) => name.startsWith('berth-logs-'));
      expect(made).toHaveLength(1);
      expect(log.path).toBe(join(folder, ...made, 'berth.log'));
      expect(await readFile(log.path, 'utf8')).toContain('could not start');
    });

    it('opens even without a temporary folder', async () => {
      for (const name of ['TMPDIR', 'TEMP']) vi.stubEnv(name, join(folder, 'none'));
      expect((await openNowhere()).path).toBe(join(folder, 'file/berth.log'));
    });
  });

  it('goes on in another data folder', async () => {
    const log = openLog(folder, join(folder, 'spare'));
    log.moveTo(join(folder, 'other'));
    log.info('moved');
    await log.flush();
    expect(await readFile(join(folder, 'other/logs/berth.log'), 'utf8')).toContain('moved');
  });
});
