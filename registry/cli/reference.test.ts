import { describe, expect, it } from 'vitest';
import { formatBytes, formatTable } from './format.ts';
import { parseReference } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  it.each([
    ['app', 'app', 'latest'],
    ['app:v1', 'app', 'v1'],
    ['team/app:v1', 'team/app', 'v1'],
    ['localhost:5080/team/app:v1', 'team/app', 'v1'],
    ['127.0.0.1:5080/app', 'app', 'latest'],
    ['http://localhost:5080/app:v1', 'app', 'v1'],
    [`team/app@${digest}`, 'team/app', digest],
    [`team/app:v1@${digest}`, 'team/app', digest],
  ])('reads %s', (text, name, reference) => {
    expect(parseReference(text)).toEqual({ name, reference });
  });

  it('says of a shortened digest how long a whole one is', () => {
    expect(() => parseReference('app@sha256:0123456789ab')).toThrow(
      'is not a whole digest. Expected sha256: and 64',
    );
  });

  it.each(['', 'App:v1', 'app:v 1', 'app@sha256:123', ':v1'])('refuses %j', (text) => {
    expect(() => parseReference(text)).toThrow();
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [999_950, '1.0 MB'],
    [1_234_567_890, '1.2 GB'],
  ])('writes %i as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatTable', () => {
  it('aligns columns, and lets no text of an image steer the terminal', () => {
    expect(
      formatTable([
        ['a', 'b'],
        ['long', '\u001b[2J'],
      ]),
    ).toBe('a     b\nlong  \ufffd[2J\n');
  });
});
