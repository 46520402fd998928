import { describe, expect, it } from 'vitest';
import { treeRows } from './tree.ts';

const lines = (paths: readonly string[], closed: readonly string[] = []) =>
  treeRows(paths, new Set(closed)).map(
    ({ depth, name, leaf }) => `${'  '.repeat(depth)}${name}${leaf ? '' : '/'}`,
  );

describe('treeRows', () => {
  it('puts what has a path in common below it', () => {
    expect(lines(['team/api', 'team/app', 'tools'])).toEqual(['team/', '  api', '  app', 'tools']);
  });

  it('makes one line of a chain without a fork', () => {
    expect(lines(['a/b/c', 'a/b/d/e'])).toEqual(['a/b/', '  c', '  d/e']);
    expect(lines(['library/alpine'])).toEqual(['library/alpine']);
  });

  it('keeps a repository that has others below it', () => {
    expect(lines(['app', 'app/tests'])).toEqual(['app', '  tests']);
  });

  it('hides what is below a closed line', () => {
    expect(lines(['team/api', 'team/app', 'x'], ['team'])).toEqual(['team/', 'x']);
  });

  it('is quick with two thousand', () => {
    const paths = Array.from({ length: 2000 }, (_, index) => `group-${index % 40}/service-${index}`).sort();
    expect(treeRows(paths, new Set())).toHaveLength(2040);
  });
});
