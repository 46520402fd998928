import { describe, expect, it } from 'vitest';
import { readEvents, type StreamEvent } from './event-stream.ts';

async function read(...chunks: readonly (string | Uint8Array)[]): Promise<StreamEvent[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  const events: StreamEvent[] = [];
  for await (const event of readEvents(stream())) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('reads events with their names', async () => {
    expect(await read('event: job\ndata: {"a":1}\nid: 7\n\nevent: reset\ndata: {}\n\n')).toEqual([
      { event: 'job', data: '{"a":1}' },
      { event: 'reset', data: '{}' },
    ]);
  });

  it('joins what the network has cut, in the middle of a letter too', async () => {
    const bytes = Buffer.from('event: job\r\ndata: é\r\n\r\n');
    const parts = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(await read(...parts)).toEqual([{ event: 'job', data: 'é' }]);
  });

  it('leaves comments out, and an event that has not ended', async () => {
    expect(await read(': still here\n\n', 'data: 1\n\n', 'data: 2\n')).toEqual([
      { event: 'message', data: '1' },
    ]);
  });

  it('joins several lines of data', async () => {
    expect(await read('data: 1\ndata: 2\n\n')).toEqual([{ event: 'message', data: '1\n2' }]);
  });
});
