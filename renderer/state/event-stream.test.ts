import { describe, expect, it } from 'vitest';
import { EventStreamParser, type StreamEvent } from './event-stream.ts';

function setup() {
  const events: StreamEvent[] = [];
  return { parser: new EventStreamParser((event) => events.push(event)), events };
}

describe('EventStreamParser', () => {
  it('reads events in whatever pieces they come', () => {
    const { parser, events } = setup();
    for (const letter of 'id: 7\nevent: changed\ndata: {"a":1}\n\n') parser.push(letter);
    expect(events).toEqual([{ id: '7', type: 'changed', data: '{"a":1}' }]);
  });

  it('joins lines of data and keeps the last id', () => {
    const { parser, events } = setup();
    parser.push('id: 1\ndata: a\ndata: b\n\ndata: c\n\n');
    expect(events).toEqual([
      { id: '1', type: 'message', data: 'a\nb' },
      { id: '1', type: 'message', data: 'c' },
    ]);
  });

  it('passes over comments and what has no data', () => {
    const { parser, events } = setup();
    parser.push(': still here\n\nevent: x\n\n');
    expect(events).toEqual([]);
  });

  it('takes both kinds of line ends, split between pieces too', () => {
    const { parser, events } = setup();
    parser.push('data: a\r');
    parser.push('\n\r');
    parser.push('\n');
    expect(events.map(({ data }) => data)).toEqual(['a']);
  });
});
