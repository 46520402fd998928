import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
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
});
