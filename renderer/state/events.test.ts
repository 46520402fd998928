import { afterEach, describe, expect, it, vi } from 'vitest';
import { Events } from './events.svelte.ts';

afterEach(() => vi.useRealTimers());

/** Streams that are written by the test, one for each time somebody connects. */
function setup() {
  const connections: { lastId: string | null; write: (text: string) => void; end: () => void }[] = [];
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (_: string, { headers = {}, signal }: RequestInit) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
    signal?.addEventListener('abort', () => controller?.error(signal.reason));
    connections.push({
      lastId: new Headers(headers).get('Last-Event-ID'),
      write: (text) => controller?.enqueue(new TextEncoder().encode(text)),
      end: () => controller?.close(),
    });
    return Promise.resolve(new Response(body));
  });
  const events = new Events();
  events.start();
  return { events, connections };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('Events', () => {
  it('tells listeners of their type what came', async () => {
    const { events, connections } = setup();
    const changed = vi.fn();
    events.on('changed', changed);
    await settle();
    connections[0]?.write(
      'id: 3\nevent: changed\ndata: {"change":9,"repositories":["a"]}\n\nevent: settings\ndata: {}\n\n',
    );
    await settle();
    expect(events.state).toBe('open');
    expect(changed.mock.calls).toEqual([[{ type: 'changed', change: 9, repositories: ['a'] }]]);
    events.stop();
  });

  it('comes back by itself and says where it was', async () => {
    const { events, connections } = setup();
    await settle();
    connections[0]?.write('id: 41\nevent: settings\ndata: {}\n\n');
    await settle();
    connections[0]?.end();
    await settle();
    expect(events.state).toBe('lost');
    await vi.advanceTimersByTimeAsync(500);
    expect(connections.map(({ lastId }) => lastId)).toEqual([null, '41']);
    expect(events.state).toBe('open');
    events.stop();
  });

  it('waits longer each time that it fails', async () => {
    const { events, connections } = setup();
    vi.stubGlobal('fetch', () => {
      connections.push({ lastId: null, write: () => undefined, end: () => undefined });
      return Promise.reject(new TypeError('refused'));
    });
    await settle();
    connections[0]?.end();
    await vi.advanceTimersByTimeAsync(500 + 1000 + 2000);
    const after = connections.length;
    await vi.advanceTimersByTimeAsync(3900);
    expect(connections).toHaveLength(after);
    events.retry();
    await settle();
    expect(connections).toHaveLength(after + 1);
    events.stop();
  });

  it('gives up a connection on which nothing was said for long', async () => {
    const { events, connections } = setup();
    await settle();
    await vi.advanceTimersByTimeAsync(46_000);
    expect(connections.length).toBeGreaterThan(1);
    events.stop();
  });

  it('gives up a connection that is never answered', async () => {
    const { events } = setup();
    events.stop();
    const signals: AbortSignal[] = [];
    vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
      if (signal) signals.push(signal);
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', reject));
    });
    events.start();
    await vi.advanceTimersByTimeAsync(45_000 + 500);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    events.stop();
  });

  it('tells the others although one of them fails, and reads on', async () => {
    const { events, connections } = setup();
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    const settings = vi.fn();
    events.on('settings', () => {
      throw new Error('mine');
    });
    events.on('settings', settings);
    await settle();
    connections[0]?.write('event: settings\ndata: {}\n\nevent: settings\ndata: {}\n\n');
    await settle();
    expect(settings).toHaveBeenCalledTimes(2);
    expect(reported).toHaveBeenCalledWith(new Error('mine'));
    expect(connections).toHaveLength(1);
    events.stop();
  });

  it('says each time that it has come back', async () => {
    const { events, connections } = setup();
    const opened = vi.fn();
    events.onOpen(opened);
    await settle();
    connections[0]?.end();
    await vi.advanceTimersByTimeAsync(500);
    expect(opened).toHaveBeenCalledTimes(2);
    events.stop();
  });

  it('says nothing any more once it is stopped', async () => {
    const { events, connections } = setup();
    await settle();
    events.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connections).toHaveLength(1);
  });
});
