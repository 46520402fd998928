import { bold, lineWidth } from './terminal.ts';

export { formatBytes } from '../size.ts';

export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : plural}`;
}

const GAP = '  ';

/** Columns give way to a narrow terminal down to so many characters. */
const NARROWEST = 12;

/**
 * Rows of cells in aligned columns, a line each. Where they do not fit into the line, the widest cells lose
 * their middle.
 */
export function formatTable(rows: readonly (readonly string[])[], width = lineWidth()): string {
  return linesOf(rows, width)
    .map((line) => `${line}\n`)
    .join('');
}

/** The same with names above the columns; nothing for no rows. */
export function formatList(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width = lineWidth(),
): string {
  if (rows.length === 0) return '';
  const [first = '', ...lines] = linesOf([head, ...rows], width);
  return [bold(first), ...lines].map((line) => `${line}\n`).join('');
}

function linesOf(rows: readonly (readonly string[])[], width: number): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  // An empty column takes no room.
  const shown = [...widths.keys()].filter((column) => widths[column] !== 0);
  const exact = widths.map((_, column) => isExact(rows.slice(1).map((row) => row[column] ?? '')));
  narrow(widths, exact, width - GAP.length * (shown.length - 1));
  return rows.map((row) =>
    printable(
      shown
        .map((column) => {
          const room = widths[column] ?? 0;
          return shorten(row[column] ?? '', room).padEnd(room);
        })
        .join(GAP)
        .trimEnd(),
    ),
  );
}

const TIME_OR_DIGEST = /^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|sha(?:256|512):[0-9a-f]+)$/;

/** Times and digests are of no use without their middle. */
function isExact(cells: readonly string[]): boolean {
  return cells.every((cell) => cell === '' || TIME_OR_DIGEST.test(cell));
}

/** Takes from the widest column that may lose something, until all fit or none is wide any more. */
function narrow(widths: number[], exact: readonly boolean[], room: number): void {
  const others = (): number[] => widths.filter((_, column) => exact[column] !== true);
  for (;;) {
    const widest = Math.max(0, ...others());
    const excess = widths.reduce((sum, each) => sum + each, 0) - room;
    if (excess <= 0 || widest <= NARROWEST) return;
    const at = widths.findIndex((each, column) => each === widest && exact[column] !== true);
    const next = Math.max(NARROWEST, ...others().filter((each) => each < widest));
    widths[at] = Math.max(next - 1, NARROWEST, widest - excess);
  }
}

/** Both ends say more than the middle: of `app:sha256-0123456789abcdef.sig`, or of a path. */
function shorten(text: string, room: number): string {
  if (text.length <= room) return text;
  const end = Math.floor((room - 1) / 2);
  return `${text.slice(0, room - 1 - end)}…${text.slice(text.length - end)}`;
}

/** A sentence in lines of at most so many characters; a word that is longer has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** As a clock on the wall here shows it. */
export function localTime(iso: string): string {
  const time = new Date(iso);
  const date = new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString();
  return date.slice(0, 19).replace('T', ' ');
}

/** Strings out of manifests are anybody's: none of them may steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}
