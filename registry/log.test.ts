import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog, type Log, type LogFormat } from './log.ts';

let folder: string;
let fd: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-log-'));
  fd = openSync(join(folder, 'log'), 'a');
});
afterEach(() => {
  vi.useRealTimers();
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const open = (format: LogFormat): Log => createLog({ level: 'info', format, fd });
const lines = (): string[] => readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');

describe('createLog', () => {
  it('writes JSON for machines', async () => {
    const log = open('json');
    log.info('said', { count: 1, error: new Error('broken') });
    await log.flush();
    expect(JSON.parse(lines()[0] ?? '')).toMatchObject({
      level: 'info',
      message: 'said',
      count: 1,
      error: { message: 'broken' },
    });
  });

  it('writes a line of text for people, whatever is in a name', async () => {
    const log = open('text');
    log.warn('PUT /v2/app', { path: '/v2/app', client: 'evil\nclient', status: 201, absent: undefined });
    await log.flush();
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatch(/Z warn {2}PUT \/v2\/app client="evil\\nclient" status=201$/);
  });

  it('changes its level while it runs', async () => {
    const log = open('text');
    log.debug('one');
    log.level = 'debug';
    log.debug('two');
    log.level = 'error';
    log.info('three');
    await log.flush();
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toContain('two');
  });

  it.runIf(existsSync('/dev/full'))('loses what a full disk does not take, and nothing else', async () => {
    const full = openSync('/dev/full', 'w');
    const log = createLog({ level: 'info', format: 'json', fd: full });
    log.error('lost');
    await log.flush();
    log.info('lost as well');
    await log.flush();
    closeSync(full);
  });

  it('goes on writing, however flushes and lines fall together', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const log = open('json');
    log.info('a');
    const flushing = log.flush();
    log.info('b');
    await flushing;
    vi.advanceTimersByTime(1000);
    log.info('c');
    await log.flush();
    await log.flush();
    log.error('d');
    await log.flush();
    expect(lines().map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });
});
