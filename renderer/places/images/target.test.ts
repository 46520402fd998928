import { describe, expect, it } from 'vitest';
import { parseTarget } from './target.ts';

describe('parseTarget', () => {
  it('takes a name in any repository', () => {
    expect(parseTarget('team/app:v1.0', 'app')).toEqual({ repository: 'team/app', tag: 'v1.0' });
    expect(parseTarget(` a__b/c--d:${'x'.repeat(128)} `, 'app')).toEqual({
      repository: 'a__b/c--d',
      tag: 'x'.repeat(128),
    });
  });

  it.each([
    'app',
    'App:v1',
    'a//b:v1',
    '-a:v1',
    'app:',
    'app:.v1',
    'app:-v',
    `app:${'x'.repeat(129)}`,
    `${'a'.repeat(256)}:v1`,
    '<b>:x',
  ])('says in a sentence what is wrong with %j', (text) => expect(parseTarget(text, 'app')).toMatch(/\.$/));

  it('says of a word alone what it may mean, and what to type', () => {
    expect(parseTarget(' latest ', 'team/app')).toBe(
      'Type “team/app:latest” for a tag of team/app, or “latest:latest” for another repository.',
    );
  });
});
