import { beforeEach, describe, expect, it, vi } from 'vitest';
import { repairDataFolder, startRegistry, type Log, type Registry } from '../registry/index.ts';
import { Server, type ServerState } from './server.ts';

vi.mock(import('../registry/index.ts'), async (original) => ({
  ...(await original()),
  startRegistry: vi.fn(),
  repairDataFolder: vi.fn(),
}));

const HERE = { port: 5080, dataFolder: '/here' };
const log = { info: vi.fn(), error: vi.fn() } as unknown as Log;
const stop = vi.fn<Registry['stop']>();
const registry = { url: 'http://127.0.0.1:5080', stop } as unknown as Registry;

/** Where the registry was started, one after the other. */
const places = (): (string | number)[] =>
  vi.mocked(startRegistry).mock.calls.map(([{ port, dataFolder }]) => `${port} ${dataFolder}`);

let server: Server;
let states: ServerState[];
let troubles: (string | undefined)[];

beforeEach(() => {
  vi.mocked(startRegistry).mockReset().mockResolvedValue(registry);
  vi.mocked(repairDataFolder).mockReset();
  stop.mockReset().mockResolvedValue();
  server = new Server(log, '/window', HERE);
  states = [];
  troubles = [];
  server.on('state', (state) => states.push(state));
  server.on('trouble', (trouble) => troubles.push(trouble?.message));
});

describe('stop', () => {
  it('is over even where the registry could not close in good order', async () => {
    await server.start();
    stop.mockRejectedValueOnce(new Error('a file would not close'));
    await server.stop();
    expect(server.state).toBe('stopped');
    expect(await server.start()).toBeNull();
    expect(server.url).toBe(registry.url);
  });
});

describe('move', () => {
  const refuse = (): unknown => vi.mocked(startRegistry).mockRejectedValueOnce(new Error('taken'));

  it('goes on in the other place, and says nothing of trouble on its way', async () => {
    await server.start();
    expect(await server.move({ port: 5081 })).toBeNull();
    expect(server.place).toEqual({ port: 5081, dataFolder: '/here' });
    refuse();
    expect(await server.move({ dataFolder: '/there' })).toMatchObject({ dataFolder: '/there' });
    expect(places()).toEqual(['5080 /here', '5081 /here', '5081 /there', '5081 /here']);
    expect(server.place).toEqual({ port: 5081, dataFolder: '/here' });
    expect(troubles.filter((message) => message !== undefined)).toEqual([]);
  });

  it('goes back to where it was when it began, also right after another', async () => {
    await server.start();
    const first = server.move({ port: 5081 });
    const second = server.move({ dataFolder: '/there' });
    await first;
    refuse();
    expect(await second).toMatchObject({ kind: 'other' });
    expect(server.place).toEqual({ port: 5081, dataFolder: '/here' });
  });

  it('explains where it stands when there is no way back either', async () => {
    await server.start();
    refuse();
    refuse();
    expect(await server.move({ port: 5081 })).toMatchObject({ port: 5081 });
    expect(server.trouble).toMatchObject({ port: 5080 });
    expect(server.state).toBe('stopped');
  });
});

describe('repair', () => {
  it('is waited for by whoever stops', async () => {
    let finish: () => void = () => undefined;
    vi.mocked(repairDataFolder).mockReturnValueOnce(
      new Promise((resolve) => (finish = () => resolve({ problems: [], missing: [] }))),
    );
    const repaired = server.repair();
    let isStopped = false;
    const stopped = server.stop().then(() => (isStopped = true));
    await new Promise(setImmediate);
    expect(isStopped).toBe(false);
    finish();
    expect(await repaired).toBeNull();
    await stopped;
    expect(states).toEqual(['starting', 'running', 'stopping', 'stopped']);
  });

  it('says why it could not, beside the trouble that is left', async () => {
    server.holdBack(new Error('damaged'));
    vi.mocked(repairDataFolder).mockRejectedValueOnce(new Error('the disk reports errors'));
    expect(await server.repair()).toMatchObject({
      message: 'Berth could not start: damaged',
      repaired: 'the disk reports errors',
    });
    expect(places()).toEqual([]);
  });
});

describe('running', () => {
  it('resolves when a registry runs, and not before', async () => {
    vi.mocked(startRegistry).mockRejectedValueOnce(new Error('taken'));
    const { signal } = new AbortController();
    let runs = false;
    const running = server.running(signal).then(() => (runs = true));
    await server.start();
    expect(runs).toBe(false);
    await server.start({ port: 5081 });
    await running;
  });

  it('is given up when nobody waits any more', async () => {
    const waiting = new AbortController();
    const running = server.running(waiting.signal);
    waiting.abort();
    await expect(running).rejects.toThrow('aborted');
  });
});
