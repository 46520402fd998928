/** How much fits into a line; without end where no person reads. */
export function lineWidth(): number {
  const columns = process.stdout.isTTY ? process.stdout.columns : 0;
  return columns > 0 ? columns : Infinity;
}

/** Whoever read the output may have enough of it, as in `berth history | head`: no error of anybody. */
export function endWithReader(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? undefined : 1);
}

/** What stands above columns, or is the gist of an answer. */
export function bold(text: string): string {
  return styled(text, 1, 22);
}

/** What a reader may skip. */
export function faint(text: string): string {
  return styled(text, 2, 22);
}

function styled(text: string, on: number, off: number): string {
  const { NO_COLOR: noColour = '', TERM: terminal } = process.env;
  const isPlain = !process.stdout.isTTY || noColour !== '' || terminal === 'dumb' || text === '';
  return isPlain ? text : `\u001B[${on}m${text}\u001B[${off}m`;
}
