import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LogLine, ServerEvent } from '../../../../registry/api/contract.ts';
import { events } from '../../../state/events.svelte.ts';
import { answer } from '../../../test-answers.ts';
import { Lines, chosenLines, fieldsOf, restOf, textOf, visible, type Line } from './lines.svelte.ts';

const line = (level: Line['level'], message: string, fields: Line['fields'] = {}): Line => {
  const one = { number: 1, time: '2026-11-20T10:00:00Z', level, message, fields };
  return { ...one, key: message, text: textOf(one) };
};

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('Lines', () => {
  const told = (number: number): LogLine => ({ number, time: '', level: 'info', message: '', fields: {} });

  it('shows each line once, whether it came in the answer, as an event or both', async () => {
    vi.useFakeTimers();
    let tell: (value: ServerEvent) => void = () => undefined;
    vi.spyOn(events, 'on').mockImplementation((type, listener) => {
      if (type === 'log') tell = listener;
      return () => undefined;
    });
    let arrive: (value: unknown) => void = () => undefined;
    answer({ 'GET /api/log': () => new Promise((resolve) => (arrive = resolve)) });
    const lines = new Lines();
    const end = lines.follow();
    tell({ type: 'log', lines: [told(2), told(3)] });
    await vi.advanceTimersByTimeAsync(1000);
    tell({ type: 'log', lines: [told(4)] });
    arrive({ lines: [told(1), told(2)] });
    await vi.advanceTimersByTimeAsync(0);
    tell({ type: 'log', lines: [told(5)] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(lines.all.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    end();
  });
});

const LINES = [
  line('info', 'PUT /v2/app', { status: 201, client: 'docker 27' }),
  line('debug', 'looked', {}),
  line('error', 'disk full', { path: '/data' }),
];

describe('chosenLines', () => {
  it('leaves out what is less bad than asked for', () => {
    expect(chosenLines(LINES, 'warn', '').map(({ message }) => message)).toEqual(['disk full']);
    expect(chosenLines(LINES, 'debug', '')).toBe(LINES);
  });

  it('finds every word, in the fields as well, whatever its case', () => {
    expect(chosenLines(LINES, 'debug', 'DOCKER put')).toHaveLength(1);
    expect(chosenLines(LINES, 'debug', 'docker full')).toHaveLength(0);
  });
});

describe('a line', () => {
  it('has nothing in it that no eye sees, or that turns what follows around', () => {
    const hostile = line('warn', 'red \u001b[31m\u202etxt.exe', { client: 'a\nb\u0000', more: ['\u2066x'] });
    expect(textOf(visible(hostile))).toBe(
      '2026-11-20T10:00:00Z warn red \ufffd[31m\ufffdtxt.exe client=a\ufffdb\ufffd more=["\ufffdx"]',
    );
  });

  it('says of a request only once which it was', () => {
    const request = line('info', 'GET /v2/', { method: 'GET', path: '/v2/', status: 200 });
    expect(fieldsOf(restOf(request))).toBe('status=200');
    expect(fieldsOf(restOf({ ...request, message: 'refused' }))).toBe('method=GET path=/v2/ status=200');
  });
});
