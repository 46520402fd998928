import { describe, expect, it } from 'vitest';
import { chosenLines, textOf, type Line } from './lines.svelte.ts';

const line = (level: Line['level'], message: string, fields: Line['fields'] = {}): Line => {
  const one = { time: '2026-11-20T10:00:00Z', level, message, fields };
  return { ...one, key: message, text: textOf(one) };
};

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
