import { describe, expect, it } from 'vitest';
import { formatList, formatTable, wrap } from './format.ts';

const ROWS = [
  ['app:sha256-0123456789abcdef0123456789abcdef.sig', '646 B', 'docker/27.3.1'],
  ['app:v1', '62.9 MB', 'docker/27.3.1'],
];

describe('formatTable', () => {
  it('aligns columns', () => {
    expect(
      formatTable(
        [
          ['a', 'bcd'],
          ['bcd', ''],
        ],
        80,
      ),
    ).toBe('a    bcd\nbcd\n');
  });

  it('fits into the line by what is widest, and keeps both of its ends', () => {
    const lines = formatTable(ROWS, 50).trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBe(50);
    expect(lines[0]).toMatch(/^app:sha256-\w*….*\.sig {2}646 B {4}docker\/27\.3\.1$/);
    expect(lines[1]).toMatch(/^app:v1 +62\.9 MB {2}docker\/27\.3\.1$/);
  });

  it('lets sentences go on below, before any word is cut', () => {
    const rows = [
      ['17', 'deleted repository hello whole, undone by 18', '12.5 MB/s'],
      ['16', 'pushed ci/gateway:build-406', '1 B/s'],
    ];
    expect(formatTable(rows, 44)).toBe(
      [
        '17  deleted repository hello       12.5 MB/s',
        '    whole, undone by 18',
        '16  pushed ci/gateway:build-406    1 B/s',
        '',
      ].join('\n'),
    );
  });

  it('cuts nothing where no person reads', () => {
    expect(formatTable(ROWS)).toContain('app:sha256-0123456789abcdef0123456789abcdef.sig');
  });

  it('lets no cell steer the terminal', () => {
    expect(formatTable([['\u001B[2J']], 80)).toBe('\ufffd[2J\n');
  });
});

describe('formatList', () => {
  it('leaves out a column in which nothing stands, and all if there is no row', () => {
    expect(formatList(['NAME', ''], [['app', '']], 80)).toBe('NAME\napp\n');
    expect(formatList(['NAME'], [], 80)).toBe('');
  });
});

describe('wrap', () => {
  it('breaks between words only', () => {
    expect(wrap('It was deleted yesterday.', 12)).toEqual(['It was', 'deleted', 'yesterday.']);
    expect(wrap('sha256:0123456789 is here', 8)).toEqual(['sha256:0123456789', 'is here']);
  });
});
