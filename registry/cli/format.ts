export { formatBytes } from '../size.ts';

export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : plural}`;
}

/** Rows of cells in aligned columns, a line each. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${printable(line)}\n`)
    .join('');
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
