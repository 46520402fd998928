import { describe, expect, it } from 'vitest';
import { compilePattern, isRepositoryPattern, isTagPattern } from './pattern.ts';

describe('compilePattern', () => {
  it.each([
    ['**', 'app', true],
    ['**', 'team/app', true],
    ['*', 'team/app', false],
    ['ci/*', 'ci/app', true],
    ['ci/*', 'ci/app/cache', false],
    ['ci/**', 'ci/app/cache', true],
    ['ci/**', 'ci', false],
    ['ci/**', 'cis/app', false],
    ['**/app', 'app', true],
    ['**/app', 'a/b/app', true],
    ['**/app', 'a/myapp', false],
    ['a/**/z', 'a/z', true],
    ['a/**/z', 'a/b/c/z', true],
    ['a.b', 'acb', false],
    ['pr-*', 'pr-12', true],
    ['pr-*', 'my-pr-12', false],
    ['*.ttl-*', 'x.ttl-3d', true],
  ])('%s on %s: %s', (pattern, name, matches) => {
    expect(compilePattern(pattern).matches(name)).toBe(matches);
  });
});

describe('isRepositoryPattern', () => {
  it.each(['', 'App', 'a b', 'a:*', '*a*b*c*d*e'])('refuses %j', (text) => {
    expect(isRepositoryPattern(text)).toBe(false);
  });

  it('takes four wildcards', () => {
    expect(isRepositoryPattern('*/a*/**/b*')).toBe(true);
  });
});

describe('isTagPattern', () => {
  it.each(['', 'a/b', 'v1 ', '[ab]'])('refuses %j', (text) => {
    expect(isTagPattern(text)).toBe(false);
  });
});
