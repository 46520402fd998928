import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream, type EventType } from './event-stream.ts';

const ALL: ReadonlySet<EventType> = new Set(['changed', 'settings']);

let stream: EventStream;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
  stream = new EventStream('1.0.0');
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

/** A client's connection, with so much room as a real one has in the process. */
function connect(lastEventId?: string, types = ALL): PassThrough {
  const connection = new PassThrough({ highWaterMark: 16 << 10 });
  stream.connect(connection as unknown as ServerResponse, types, lastEventId);
  return connection;
}

function readNow(connection: PassThrough): string {
  let text = '';
  for (let chunk: unknown = connection.read(); chunk !== null; chunk = connection.read())
    text += (chunk as Buffer).toString();
  return text;
}

const change = (number: number): void =>
  stream.publish({ type: 'changed', change: number, repositories: ['x'.repeat(1000)] });

describe('EventStream', () => {
  it('keeps nothing for a reader that does not read, and tells it to begin anew', async () => {
    const slow = connect();
    for (let i = 0; i < 20_000; i += 1) change(i);
    expect(slow.readableLength + slow.writableLength).toBeLessThan(64 << 10);
    let text = '';
    slow.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await vi.waitFor(() => expect(text.match(/event: reset/g)?.length).toBe(2));
    change(20_001);
    await vi.waitFor(() => expect(text).toContain('"change":20001'));
  });

  it('sends a reader that was slow for a moment what it missed, and of what was replaced the last state', async () => {
    const slow = connect();
    for (let i = 0; i < 40; i += 1) change(i);
    for (let i = 0; i < 100; i += 1) stream.publish({ type: 'settings' }, 'settings');
    let text = '';
    slow.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await vi.waitFor(() => expect(text).toContain('event: settings'));
    expect(text.match(/event: changed/g)?.length).toBe(40);
    expect(text.match(/event: settings/g)?.length).toBe(1);
  });

  it('says every 15 seconds that it is there, and gives up who takes nothing for a minute', () => {
    const [reads, stalls] = [connect(), connect()];
    readNow(reads);
    vi.advanceTimersByTime(15_000);
    expect(readNow(reads)).toBe(': still here\n\n');
    for (let i = 0; i < 100; i += 1) change(i);
    for (let i = 0; i < 5; i += 1) {
      readNow(reads);
      vi.advanceTimersByTime(15_000);
    }
    expect(stalls.destroyed).toBe(true);
  });

  it('gives the same bytes to every reader that does not take them', () => {
    const stalled = [1, 2, 3].map(() => {
      const connection = new PassThrough({ highWaterMark: 1 });
      const write = vi.spyOn(connection, 'write');
      stream.connect(connection as unknown as ServerResponse, ALL, undefined);
      readNow(connection);
      return { connection, write };
    });
    change(1);
    const written = stalled.map(({ write }) => write.mock.lastCall?.[0]);
    expect(written[0]).toBeInstanceOf(Buffer);
    expect(new Set(written).size).toBe(1);
    expect(String(written[0])).toMatch(/^id: [\w-]+\.1\nevent: changed\ndata: \{"change":1,/);
  });

  it('does not wait at its end for who takes nothing', () => {
    const stalled = connect();
    for (let i = 0; i < 100; i += 1) change(i);
    stream.close();
    expect(stalled.destroyed).toBe(true);
  });

  it('keeps what happens for a minute after the last of several has left', async () => {
    const leave = async (reader: PassThrough): Promise<void> => {
      reader.destroy();
      await once(reader, 'close');
    };
    const [first, second] = [connect(), connect()];
    await leave(first);
    vi.advanceTimersByTime(50_000);
    await leave(second);
    vi.advanceTimersByTime(50_000);
    expect(stream.wants('changed')).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect(stream.wants('changed')).toBe(false);
  });

  it('wants nothing before somebody reads, nor a minute after the last has left', async () => {
    const told = vi.fn<() => void>();
    stream.watch(told);
    expect(stream.wants('changed')).toBe(false);
    const reader = connect(undefined, new Set<EventType>(['changed']));
    expect([stream.wants('changed'), stream.wants('settings')]).toEqual([true, false]);
    reader.destroy();
    await once(reader, 'close');
    vi.advanceTimersByTime(59_000);
    expect(stream.wants('changed')).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(stream.wants('changed')).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    expect(told).toHaveBeenCalledTimes(2);
  });
});
