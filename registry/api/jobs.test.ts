import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Served } from '../../test/served.ts';
import { silentLog, type LogFields } from '../log.ts';
import type { Job } from './contract.ts';
import { Jobs } from './jobs.ts';

describe('Jobs', () => {
  const logged: [string, LogFields | undefined][] = [];
  const note = (message: string, fields?: LogFields): void => void logged.push([message, fields]);
  const jobs = new Jobs({ ...silentLog(), error: note });
  const failing = async (work: () => unknown): Promise<Job> => {
    const { id } = jobs.start('import', 'app.tar', async () => work());
    return await jobs.read(id, 10_000);
  };

  it('says in words what the disk refused, and not where', async () => {
    const { state, error } = await failing(() => readFileSync('/nowhere/at/all'));
    expect(state).toBe('failed');
    expect(error).toMatch(/^The data folder, or a part of it, has disappeared\./);
  });

  it('leaves to the log what nobody foresaw', async () => {
    const unforeseen = new TypeError('x is not a function');
    const { error } = await failing(() => {
      throw unforeseen;
    });
    expect(error).toBe('Berth failed to do this. The log says more.');
    expect(logged).toEqual([['the job "import" failed', { error: unforeseen }]]);
  });

  it('remembers a hundred that have ended, and all that run', async () => {
    const many = new Jobs(silentLog());
    const first = many.start('verify', '', () => new Promise(() => undefined));
    for (let count = 0; count < 150; count += 1) {
      await many.read(many.start('reclaim', '', async () => count).id, 10_000);
    }
    const last = many.start('reclaim', '', async () => 150);
    expect(many.all).toHaveLength(100);
    expect([many.all[0]?.id, many.all.at(-1)?.id]).toEqual([first.id, last.id]);
  });

  it('forgets as many as there are too many', async () => {
    const many = new Jobs(silentLog());
    let end = (): void => undefined;
    const gate = new Promise<void>((resolve) => (end = resolve));
    const ids = Array.from({ length: 150 }, () => many.start('verify', '', () => gate).id);
    end();
    await Promise.all(ids.map((id) => many.read(id, 10_000)));
    many.start('verify', '', () => gate);
    expect(many.all).toHaveLength(100);
  });

  it('is cancelled once, and says so again to who cancels it twice', async () => {
    const { id } = jobs.start('verify', '', ({ signal }) => delay(1_000_000, undefined, { signal }));
    const [one, two] = await Promise.all([jobs.cancel(id), jobs.cancel(id)]);
    expect([one.state, two.state, (await jobs.cancel(id)).state]).toEqual(Array(3).fill('cancelled'));
  });

  it('lets nobody wait once the server stops', async () => {
    const stopping = new Jobs(silentLog());
    const { id } = stopping.start('verify', '', () => new Promise(() => undefined));
    const waiting = stopping.read(id, 1_000_000);
    stopping.endWaits();
    expect((await waiting).state).toBe('running');
    expect((await stopping.read(id, 1_000_000)).state).toBe('running');
  });
});

describe('GET /api/jobs/<id>', () => {
  it('refuses to wait for what is no number of seconds, and knows no other jobs', async () => {
    const berth = await Served.start();
    const { id } = await berth.call<Job>('POST', '/api/reclaim', {});
    for (const wait of ['abc', '-5', '', '1e9', 'Infinity']) {
      expect((await berth.send('GET', `/api/jobs/${id}?wait=${wait}`)).status).toBe(400);
    }
    expect((await berth.get<Job>(`/api/jobs/${id}?wait=25`)).state).toBe('done');
    expect((await berth.send('DELETE', '/api/jobs/other')).status).toBe(404);
    await berth.stop();
  });
});
