import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job, ServerEvent, Transfer } from '../registry/api/contract.ts';
import type { Log } from '../registry/index.ts';
import type { Api } from './api.ts';
import type { Server } from './server.ts';
import { Watch } from './watch.ts';

// The clock of the tests does not reach Node's own promise of a timer.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, _value: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, ms);
      signal.addEventListener('abort', () => resolve());
    }),
}));

/** A registry's API of which a test says what happens, what is answered, and when its events break off. */
class FakeApi {
  readonly answers: Record<string, unknown> = {};
  readonly asked: string[] = [];
  #stream = new EventEmitter();
  #waiting: ServerEvent[] = [];

  send(...events: ServerEvent[]): void {
    this.#waiting.push(...events);
    this.#stream.emit('event');
  }

  breakOff(): void {
    this.#stream.emit('error', new Error('gone'));
  }

  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    this.asked.push(path);
    const answer = this.answers[path.split('?')[0] ?? ''];
    const value = typeof answer === 'function' ? await answer() : answer;
    signal?.throwIfAborted();
    if (value instanceof Error) throw value;
    return value;
  }

  async *events(_types: unknown, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    this.#stream = new EventEmitter();
    yield { type: 'reset', server: 'one', version: '1' };
    for (;;) {
      for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) yield event;
      await once(this.#stream, 'event', { signal });
    }
  }
}

const push = (id: string, state: Transfer['state']): Transfer =>
  ({ id, state, direction: 'push', repository: 'app', reference: 'v1' }) as Transfer;
const job = (id: string, state: Job['state'], result?: unknown): Job =>
  ({ id, state, kind: 'reclaim', ...(result !== undefined && { result }) }) as Job;

let server: EventEmitter;
let api: FakeApi;
let watch: Watch;
let log: { warn: ReturnType<typeof vi.fn> };
let told: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  server = new EventEmitter();
  api = new FakeApi();
  api.answers['/api/transfers'] = { transfers: [] };
  api.answers['/api/jobs'] = { jobs: [] };
  api.answers['/api/repositories'] = { repositories: [{ name: 'app', lastPush: '2026' }] };
  api.answers['/api/history'] = { events: [{ tag: 'v1', time: '2026', digest: 'sha256:1' }] };
  api.answers['/api/disk'] = { used: 7, reclaimable: 0 };
  log = { warn: vi.fn() };
  watch = new Watch(server as Server, api as unknown as Api, log as unknown as Log);
  told = [];
  watch.on('arrived', ({ id }) => told.push(`push ${id}`));
  watch.on('ended', ({ id }) => told.push(`job ${id}`));
  server.emit('state', 'running');
});
afterEach(() => {
  server.emit('state', 'stopping');
  vi.useRealTimers();
});

const shows = (expected: object): Promise<void> =>
  vi.waitFor(() => expect(watch.figures).toMatchObject(expected));
/** Until everything that can go on without a timer has gone on. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
};
const later = async (ms: number): Promise<void> => {
  await settle();
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
};

const APP = [{ repository: 'app', tag: 'v1', time: '2026' }];

describe('what is under way', () => {
  it('is known from the beginning', async () => {
    api.answers['/api/transfers'] = { transfers: [push('1', 'running')] };
    server.emit('state', 'running');
    await shows({ pushes: 1, isBusy: true });
  });

  it('is nothing any more once the registry stops, whatever is still read', async () => {
    let answer: (value: unknown) => void = () => undefined;
    api.answers['/api/transfers'] = () => new Promise((resolve) => (answer = resolve));
    server.emit('state', 'running');
    await settle();
    server.emit('state', 'stopping');
    answer({ transfers: [push('1', 'running')] });
    await settle();
    expect(watch.figures).toEqual({ recent: null, disk: null, pushes: 0, isBusy: false });
  });

  it('is never nothing in between: who waits for its end would go', async () => {
    api.answers['/api/transfers'] = { transfers: [push('1', 'done'), push('2', 'running')] };
    api.send({ type: 'transfer', transfer: push('2', 'running') });
    await shows({ pushes: 1 });
    const pushes: number[] = [];
    watch.on('figures', (figures) => pushes.push(figures.pushes));
    api.breakOff();
    await later(1000);
    await vi.waitFor(() => expect(told).toEqual(['push 1']));
    expect(new Set(pushes)).toEqual(new Set([1]));
  });
});

describe('what has ended', () => {
  it('is told once, however often the registry says so', async () => {
    const done = push('1', 'done');
    api.send({ type: 'transfer', transfer: done }, { type: 'transfer', transfer: done });
    api.send({ type: 'job', job: job('a', 'done', {}) }, { type: 'job', job: job('a', 'done', {}) });
    await settle();
    expect(told).toEqual(['push 1', 'job a']);
  });

  it('is told when the events go on after a break, in which it ended', async () => {
    api.send({ type: 'job', job: job('a', 'running') });
    await shows({ isBusy: true });
    api.answers['/api/transfers'] = { transfers: [push('1', 'done')] };
    api.answers['/api/jobs'] = { jobs: [job('a', 'done', {})] };
    api.breakOff();
    await later(1000);
    expect(told).toEqual(['push 1', 'job a']);
    api.send({ type: 'job', job: job('a', 'done', {}) });
    await settle();
    expect(told).toEqual(['push 1', 'job a']);
    expect(watch.figures.isBusy).toBe(false);
  });

  it('is told of the next registry too, which numbers anew', async () => {
    for (const state of ['running', 'stopping', 'running']) {
      server.emit('state', state);
      await settle();
      if (state === 'running') api.send({ type: 'transfer', transfer: push('1', 'done') });
      await settle();
    }
    expect(told).toEqual(['push 1', 'push 1']);
  });

  it('keeps no events from coming when it cannot be read whole', async () => {
    api.answers['/api/jobs/a'] = new Error('forgotten');
    api.send({ type: 'job', job: job('a', 'done') }, { type: 'transfer', transfer: push('1', 'done') });
    await settle();
    expect(told).toEqual(['push 1']);
    expect(log.warn).toHaveBeenCalledWith('could not tell how a job has ended', expect.anything());
  });
});

describe('images and disk', () => {
  it('are unknown at first, and then read', async () => {
    expect(watch.figures).toMatchObject({ recent: null, disk: null });
    await later(300);
    await shows({ recent: APP, disk: { used: 7 } });
  });

  it('are read again after a reading that failed, without another change', async () => {
    api.answers['/api/history'] = new Error('broken');
    await later(300);
    expect(watch.figures.recent).toBeNull();
    expect(log.warn).toHaveBeenCalledOnce();
    api.answers['/api/history'] = { events: [{ tag: 'v1', time: '2026', digest: 'sha256:1' }] };
    await later(5000);
    await shows({ recent: APP, disk: { used: 7 } });
  });

  it('do not wait for each other: images are shown before the disk has been measured', async () => {
    api.answers['/api/disk'] = () => new Promise(() => undefined);
    await later(300);
    await shows({ recent: APP, disk: null });
  });

  it('move up where one that was shown is gone', async () => {
    await later(300);
    api.answers['/api/history'] = { events: [] };
    api.asked.length = 0;
    api.send({ type: 'changed', change: 1, repositories: ['app'] });
    await later(300);
    expect(api.asked).toContain('/api/repositories');
    await shows({ recent: [] });
  });

  it('are all read where so much has changed that it is less work', async () => {
    await later(300);
    api.asked.length = 0;
    const repositories = Array.from({ length: 2000 }, (_, index) => `many/${index}`);
    api.send({ type: 'changed', change: 1, repositories });
    await later(300);
    await shows({ recent: APP });
    expect(api.asked.length).toBeLessThan(10);
  });
});

describe('events that break off', () => {
  it('are in the log once, and are asked for until they come', async () => {
    api.answers['/api/transfers'] = new Error('broken');
    api.breakOff();
    for (let i = 0; i < 4; i += 1) await later(1000);
    expect(log.warn.mock.calls.filter(([message]) => message === 'the events broke off')).toHaveLength(1);
    api.answers['/api/transfers'] = { transfers: [push('1', 'running')] };
    await later(1000);
    await shows({ pushes: 1 });
  });
});
