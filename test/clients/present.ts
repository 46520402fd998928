/** A value that a test takes to be there. */
export function present<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error('a value that has to be there is not');
  return value;
}

/** What the first group of a pattern finds in a text, in which it has to be found. */
export function captured(pattern: RegExp, text: string | undefined): string {
  const found = pattern.exec(text ?? '')?.[1];
  if (found === undefined) throw new Error(`${pattern} is not in: ${text}`);
  return found;
}
