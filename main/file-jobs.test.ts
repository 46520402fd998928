import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../registry/index.ts';
import { archiveOf, oldDockerFiles, plainLayer } from '../test/domain/archive.ts';
import { Served } from '../test/served.ts';
import { Api } from './api.ts';
import type { FileJob } from './bridge.ts';
import { FileJobs } from './file-jobs.ts';
import type { Server } from './server.ts';

const log = { warn: vi.fn(), error: vi.fn() };

describe('archives one after the other', () => {
  let berth: Served;
  let folder: string;
  let jobs: FileJobs;
  /** Lets the registry be there; until then it is in trouble. */
  let run: () => void;

  beforeEach(async () => {
    berth = await Served.start();
    folder = mkdtempSync(join(tmpdir(), 'berth-file-jobs-'));
    const started = new Promise<void>((resolve) => (run = resolve));
    const running = async (signal: AbortSignal): Promise<void> => {
      await Promise.race([
        started,
        new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
      ]);
      signal.throwIfAborted();
    };
    const api = new Api({ url: berth.url, token: 'none' } as Server);
    jobs = new FileJobs({ running }, api, log as unknown as Log);
  });
  afterEach(async () => {
    await jobs.close();
    await berth.stop();
    rmSync(folder, { recursive: true });
  });

  function archive(name: string): string {
    const path = join(folder, `${name}.tar`);
    const layers = [plainLayer(name, 300_000)];
    writeFileSync(path, archiveOf(oldDockerFiles([{ names: [`${name}:v1`], layers }])));
    return path;
  }

  const states = (): Record<string, FileJob['state']> =>
    Object.fromEntries(jobs.all.map(({ name, state }) => [name, state]));
  const become = (expected: Record<string, FileJob['state']>): Promise<void> =>
    vi.waitFor(() => expect(states()).toEqual(expected), { timeout: 10_000 });

  it('wait for a registry that does not run, and are then imported', async () => {
    jobs.import(archive('one'));
    jobs.stage(archive('two'));
    await new Promise(setImmediate);
    expect(states()).toEqual({ 'one.tar': 'running', 'two.tar': 'running' });
    run();
    await become({ 'one.tar': 'done', 'two.tar': 'staged' });
  });

  it('go on after one of which nobody could be told', async () => {
    run();
    jobs.once('imported', () => {
      throw new Error('no notifications here');
    });
    jobs.import(archive('one'));
    jobs.import(archive('two'));
    await become({ 'one.tar': 'done', 'two.tar': 'done' });
    expect(log.error).toHaveBeenCalledOnce();
  });

  it('are cancelled at once, also where it is not yet their turn', async () => {
    const first = jobs.import(archive('one'));
    const second = jobs.import(archive('two'));
    jobs.cancel(second.id);
    expect(states()).toEqual({ 'one.tar': 'running', 'two.tar': 'cancelled' });
    jobs.cancel(first.id);
    await become({ 'one.tar': 'cancelled', 'two.tar': 'cancelled' });
    jobs.import(archive('three'));
    run();
    await become({ 'one.tar': 'cancelled', 'two.tar': 'cancelled', 'three.tar': 'done' });
  });

  it('say in a sentence that a file is gone', async () => {
    run();
    jobs.import(join(folder, 'gone.tar'));
    await become({ 'gone.tar': 'failed' });
    expect(jobs.all[0]?.error).toBe('There is no such file or folder any more.');
  });

  it('leave nothing half-written when the app ends', async () => {
    run();
    jobs.import(archive('one'));
    await become({ 'one.tar': 'done' });
    jobs.export(join(folder, 'out.tar'), { references: ['one:v1'], fileName: 'out' });
    jobs.export(join(folder, 'next.tar'), { references: ['one:v1'], fileName: 'next' });
    await jobs.close();
    expect(readdirSync(folder)).toEqual(['one.tar']);
    expect(states()).toEqual({ 'one.tar': 'done', 'out.tar': 'cancelled', 'next.tar': 'cancelled' });
  });
});
