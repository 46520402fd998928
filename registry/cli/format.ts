import { bold, lineWidth } from './terminal.ts';

export { formatBytes } from '../size.ts';

export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : plural}`;
}

const GAP = '  ';

/** Columns give way to a narrow terminal down to so many characters. */
const NARROWEST = 12;
/** Words that are longer are digests, or have them inside: without their middle they say as much. */
const LONGEST_WORD = 30;

/**
 * Rows of cells in aligned columns, a line each. Where they do not fit into the line, sentences go on below; if that is
 * not enough, the widest cells lose their middle.
 */
export function formatTable(rows: readonly (readonly string[])[], width = lineWidth()): string {
  return linesOf(rows, width)
    .flat()
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
  const [first = [], ...lines] = linesOf([head, ...rows], width);
  return [...first.map(bold), ...lines.flat()].map((line) => `${line}\n`).join('');
}

/** Of each row its lines. */
function linesOf(rows: readonly (readonly string[])[], width: number): string[][] {
  const columns = [...Array(Math.max(0, ...rows.map((row) => row.length))).keys()];
  const cells = columns.map((column) => rows.map((row) => row[column] ?? ''));
  const widths = cells.map((each) => Math.max(0, ...each.map((cell) => cell.length)));
  const words = cells.map((each) => longestWord(each));
  const exact = cells.map((each) => isExact(each.slice(1)));
  const least = widths.map((each, column) =>
    exact[column] === true ? each : Math.min(each, Math.max(NARROWEST, words[column] ?? 0)),
  );
  // An empty column takes no room.
  const shown = columns.filter((column) => widths[column] !== 0);
  const room = width - GAP.length * (shown.length - 1);
  narrow(widths, least, room);
  narrow(
    widths,
    least.map((each, column) => (exact[column] === true ? each : NARROWEST)),
    room,
  );
  return rows.map((row) => {
    const parts = columns.map((column) => fold(row[column] ?? '', widths[column] ?? 0));
    const height = Math.max(0, ...shown.map((column) => parts[column]?.length ?? 0));
    return Array.from({ length: height }, (_, line) =>
      shown.map((column) => (parts[column]?.[line] ?? '').padEnd(widths[column] ?? 0)).join(GAP),
    ).map((line) => printable(line.trimEnd()));
  });
}

function longestWord(cells: readonly string[]): number {
  const longest = Math.max(0, ...cells.flatMap((cell) => cell.split(' ')).map(lengthOf));
  return Math.min(longest, LONGEST_WORD);
}

const lengthOf = ({ length }: string): number => length;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const TIME_OR_DIGEST = /^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|sha(?:256|512):[0-9a-f]+)$/;

/** Times and digests are of no use without their middle. */
function isExact(cells: readonly string[]): boolean {
  return cells.every((cell) => cell === '' || TIME_OR_DIGEST.test(cell));
}

/** Takes from the widest column, until all fit or each is down to its least. */
function narrow(widths: number[], least: readonly number[], room: number): void {
  for (;;) {
    const excess = sum(widths) - room;
    const wide = widths.flatMap((each, column) => (each > (least[column] ?? 0) ? [column] : []));
    if (excess <= 0 || wide.length === 0) return;
    const [at = 0, next] = wide.sort((one, other) => (widths[other] ?? 0) - (widths[one] ?? 0));
    const widest = widths[at] ?? 0;
    const second = Math.min(widest - 1, next === undefined ? 0 : (widths[next] ?? 0));
    widths[at] = Math.max(least[at] ?? 0, second, widest - excess);
  }
}

/** A cell in lines of its column. */
function fold(text: string, room: number): string[] {
  return text.length <= room ? [text] : wrap(text, room).map((line) => shorten(line, room));
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
