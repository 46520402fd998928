import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventClient } from '../../test/event-client.ts';
import { get } from '../../test/clients/http.ts';
import { imageOf, multiPlatformImage, randomBlob } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import { silentLog } from '../log.ts';
import type { Job, LogLine } from './contract.ts';

let berth: Served;
let clients: EventClient[] = [];

beforeEach(async () => {
  berth = await Served.start({ log: { ...silentLog(), level: 'info' } });
});
afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await berth.stop();
});

async function connect(options: { after?: string; types?: string } = {}): Promise<EventClient> {
  const client = await EventClient.connect(berth, options);
  clients.push(client);
  return client;
}

describe('GET /api/events', () => {
  it('begins with the server and its version', async () => {
    const client = await connect();
    expect(await client.find('reset')).toEqual({
      type: 'reset',
      server: expect.stringMatching(/^[\w-]+$/),
      version: expect.stringMatching(/^\d/),
    });
  });

  it('tells of each record that changes something that people see', async () => {
    const client = await connect();
    await berth.repository('app').pushBlob(randomBlob());
    await berth.repository('team/app').push(imageOf(), 'v1');
    const body = { from: { repository: 'team/app', reference: 'v1' }, to: { repository: 'lib', tag: 'v1' } };
    const { change } = await berth.call<{ change: number }>('POST', '/api/tags', body);
    expect(await client.find('changed', (event) => event.change === change)).toMatchObject({
      repositories: ['lib'],
    });
    expect(client.of('changed').map(({ repositories }) => repositories)).toEqual([['team/app'], ['lib']]);
  });

  it('tells of settings, jobs to their end, and log lines', async () => {
    const client = await connect();
    await berth.call('PATCH', '/api/settings', { undoDays: 3 });
    await client.find('settings');
    const { id } = await berth.call<Job>('POST', '/api/reclaim', {});
    const { job } = await client.find('job', (event) => event.job.state === 'done');
    expect(job).toMatchObject({ id, kind: 'reclaim', result: { deletedBlobs: 0 } });
    const { lines } = await client.find('log', (event) =>
      event.lines.some(({ message }) => message === 'PATCH /api/settings'),
    );
    expect(lines[0]).toMatchObject({
      level: 'info',
      time: expect.stringMatching(/Z$/),
      fields: { method: expect.any(String) },
    });
  });

  it('samples the throughput while somebody looks', async () => {
    const client = await connect({ types: 'throughput' });
    await berth.repository('app').pushBlob(randomBlob(100_000));
    const { sample } = await client.find('throughput', (event) => event.sample.pushed > 0);
    expect(sample).toEqual({ time: expect.stringMatching(/:\d\d\.000Z$/), pushed: 100_000, pulled: 0 });
  });

  it('goes on after a break where the client had read to', async () => {
    const first = await connect({ types: 'changed' });
    await berth.repository('a').push(multiPlatformImage(), 'v1');
    await first.find('changed', () => first.of('changed').length === 4);
    first.close();
    await berth.repository('b').push(imageOf(), 'v1');
    const second = await connect({ types: 'changed', after: first.lastId });
    await berth.repository('c').push(imageOf(), 'v1');
    await second.find('changed', ({ repositories }) => repositories.includes('c'));
    expect(second.events.map((event) => event.type === 'changed' && event.repositories[0])).toEqual([
      'b',
      'c',
    ]);
  });

  it.each(['elsewhere.1', 'nonsense', '', '9999999999999999999'])('begins anew after %j', async (after) => {
    await (await connect()).find('reset');
    await (await connect({ after })).find('reset');
  });

  it('begins anew with another server after a restart, and for what was not kept', async () => {
    const first = await connect({ types: 'job' });
    const { server } = await first.find('reset');
    await (await connect({ types: 'job,changed', after: first.lastId })).find('reset');
    await berth.restart();
    const second = await connect({ types: 'job', after: first.lastId });
    expect((await second.find('reset')).server).not.toBe(server);
  });

  it('sends only the types that were asked for, and knows no others', async () => {
    const client = await connect({ types: 'settings' });
    await berth.repository('app').push(imageOf(), 'v1');
    await berth.call('PATCH', '/api/settings', { undoDays: 4 });
    await client.find('settings');
    expect(client.events.map(({ type }) => type)).toEqual(['reset', 'settings']);
    expect((await berth.send('GET', '/api/events?types=reset')).status).toBe(400);
    expect((await berth.send('HEAD', '/api/events')).status).toBe(200);
  });

  it('ends when the registry stops, which does not wait for it', async () => {
    const client = await connect();
    await client.find('reset');
    await berth.restart();
    expect(client.isEnded).toBe(true);
  });
});

describe('GET /api/log', () => {
  it('has the last lines, the newest last', async () => {
    await berth.get('/_stats');
    await berth.get('/api/settings');
    await berth.get('/api/about');
    const { lines } = await berth.get<{ lines: LogLine[] }>('/api/log?limit=2');
    expect(lines.map(({ message }) => message)).toEqual(['GET /api/settings', 'GET /api/about']);
    expect((await berth.send('GET', '/api/log?limit=all')).status).toBe(400);
  });
});

describe('the log', () => {
  const reads = async (): Promise<void> => {
    await berth.repository('app').push(imageOf(), 'v1');
    const asked = [
      ['/api/about', { 'user-agent': 'berth' }],
      ['/api/disk', { 'sec-fetch-site': 'same-origin' }],
      ['/api/images', { 'user-agent': 'berth' }],
      ['/v2/', { 'user-agent': 'docker/29' }],
    ] as const;
    for (const [path, headers] of asked) await get(berth, path, headers);
    await berth.send('PUT', '/_log', { level: 'debug' });
    await get(berth, '/api/about', { 'user-agent': 'berth' });
  };

  it('has what the window and the command line only read at debug level, and all else at info', async () => {
    await reads();
    const { lines } = await berth.get<{ lines: LogLine[] }>('/api/log?limit=5');
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      expect.stringContaining('info PUT /v2/app/manifests/v1'),
      'info GET /api/images',
      'info GET /v2/',
      'info PUT /_log',
      'debug GET /api/about',
    ]);
  });
});

describe('GET /api/throughput', () => {
  it('has every interval of a range', async () => {
    await berth.repository('app').push(imageOf(), 'v1');
    for (const [range, seconds, count] of [
      ['minute', 1, 60],
      ['hour', 60, 60],
      ['day', 900, 96],
    ] as const) {
      const { samples, ...rest } = await berth.get<{ seconds: number; samples: { pushed: number }[] }>(
        `/api/throughput?range=${range}`,
      );
      expect(rest).toEqual({ seconds });
      expect(samples.length).toBe(count);
      expect(samples.reduce((sum, { pushed }) => sum + pushed, 0)).toBeGreaterThan(65_000);
    }
    expect((await berth.send('GET', '/api/throughput?range=year')).status).toBe(400);
  });
});

describe('GET /api/changes', () => {
  it('is read page by page', async () => {
    for (const tag of ['a', 'b', 'c']) await berth.repository('app').push(imageOf(), tag);
    type Changes = { changes: { change: number; summary: string }[] };
    const { changes } = await berth.get<Changes>('/api/changes?limit=2');
    expect(changes.map(({ summary }) => summary)).toEqual(['pushed app:c', 'pushed app:b']);
    const before = changes.at(-1)?.change ?? 0;
    const rest = await berth.get<Changes>(`/api/changes?before=${before}`);
    expect(rest.changes.map(({ summary }) => summary)).toEqual(['pushed app:a']);
    expect((await berth.send('GET', '/api/changes?before=x')).status).toBe(400);
  });
});
