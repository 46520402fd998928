import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Job, ServerEvent } from '../../registry/api/contract.ts';
import { answer, failure } from '../test-answers.ts';
import { events } from './events.svelte.ts';
import { Jobs } from './jobs.svelte.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const job = (id: string, state: Job['state'] = 'running'): Job => ({
  id,
  kind: 'reclaim',
  subject: '',
  state,
  startedAt: '',
  endedAt: state === 'running' ? null : '',
  done: 0,
  total: 0,
});

function setup() {
  const listeners = new Map<string, (event: ServerEvent) => void>();
  vi.spyOn(events, 'on').mockImplementation((type, listener) => {
    listeners.set(type, listener);
    return () => listeners.delete(type);
  });
  const jobs = new Jobs();
  jobs.follow();
  return {
    jobs,
    tell: (told: Job) => listeners.get('job')?.({ type: 'job', job: told }),
    reset: () => listeners.get('reset')?.({ type: 'reset', server: 'a', version: '1' }),
  };
}

describe('Jobs', () => {
  it('leaves one ended that the list still shows as running', async () => {
    const { jobs, tell, reset } = setup();
    let arrive: (value: unknown) => void = () => undefined;
    answer({ 'GET /api/jobs': () => new Promise((resolve) => (arrive = resolve)) });
    reset();
    tell(job('1', 'done'));
    await vi.waitFor(() => expect(arrive({ jobs: [job('1'), job('2')] })).toBeUndefined());
    await vi.waitFor(() => expect(jobs.running.map(({ id }) => id)).toEqual(['2']));
    expect(jobs.byId.get('1')?.state).toBe('done');
  });

  it('takes no late answer of one that has ended', () => {
    const { jobs } = setup();
    jobs.take(job('1', 'done'));
    jobs.take(job('1'));
    expect(jobs.byId.get('1')?.state).toBe('done');
  });

  it('forgets those that another server does not know', async () => {
    const { jobs, tell, reset } = setup();
    tell(job('1'));
    answer({ 'GET /api/jobs': { jobs: [] } });
    reset();
    await vi.waitFor(() => expect(jobs.running).toEqual([]));
  });

  it('reads the list again at the next reset if it could not be read', async () => {
    const { jobs, reset } = setup();
    const answers = [() => failure(500, 'INTERNAL', 'no'), () => ({ jobs: [job('1')] })];
    const asked = answer({ 'GET /api/jobs': () => answers.shift()?.() });
    reset();
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    // A promise that fails with nobody waiting for it would fail the run.
    await new Promise((resolve) => setTimeout(resolve));
    reset();
    await vi.waitFor(() => expect(jobs.running).toHaveLength(1));
  });
});

describe('Jobs.ended', () => {
  it('outlasts a registry that is away for a while', async () => {
    vi.useFakeTimers();
    const { jobs } = setup();
    const states: (() => unknown)[] = [
      () => Promise.reject(new TypeError('refused')),
      () => failure(503, 'UNAVAILABLE', 'not yet'),
      () => job('1'),
      () => job('1', 'done'),
    ];
    answer({ 'GET /api/jobs/1': () => states.shift()?.() });
    const ended = jobs.ended('1');
    await vi.advanceTimersByTimeAsync(3000);
    expect((await ended).state).toBe('done');
  });

  it('says so if the registry does not know it any more', async () => {
    const { jobs } = setup();
    answer({ 'GET /api/jobs/1': () => failure(404, 'NOT_FOUND', 'There is no such job.') });
    await expect(jobs.ended('1')).rejects.toThrow('There is no such job.');
  });
});
