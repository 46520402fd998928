import { describe, expect, it } from 'vitest';
import { tagColumns } from './tag-columns.ts';

const shown = (width: number) => {
  const { layout, columns } = tagColumns(width);
  return [layout, ...columns.filter(({ from = 0 }) => width >= from).map(({ id }) => id)].join(' ');
};

describe('tagColumns', () => {
  it('has a column for everything where there is room', () => {
    expect(shown(900)).toBe('lines tag platforms size exclusive pushed pulled');
    expect(shown(470)).toBe('lines tag platforms size exclusive pushed');
  });

  it('puts platforms and what is its own into a second line where there is none', () => {
    expect(shown(459)).toBe('two tag size pushed');
    expect(shown(268)).toBe('narrow tag size');
    expect(tagColumns(459).height).toBe(44);
  });

  it('does not take a list that was not measured for a narrow one', () => {
    expect(tagColumns(0)).toMatchObject({ layout: 'lines', height: 28 });
  });
});
