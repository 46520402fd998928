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

  it('takes the beginning of a digest, and says how long that has to be', () => {
    expect(parseReference('app@sha256:c6a621')).toEqual({ name: 'app', reference: 'sha256:c6a621' });
    expect(parseReference('app@c6a6212f')).toEqual({ name: 'app', reference: 'c6a6212f' });
    for (const wrong of ['sha256:c6a62', 'c6a62', 'sha256:xyzxyz', 'md5:c6a6212f']) {
      expect(() => parseReference(`app@${wrong}`)).toThrow(
        `${wrong} is not a digest. Expected sha256: and 64`,
      );
    }
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
