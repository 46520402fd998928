/** How well a text answers what was typed, and which of its letters did. */
export interface Match {
  readonly score: number;
  /** Indices of letters. */
  readonly at: readonly number[];
}

const WORD_BEGINS = /[\s/:@._-]/;

/** All letters of `typed` in their order; those at the beginning of words and those in a row count more. */
export function match(text: string, typed: string): Match | undefined {
  const wanted = typed.toLowerCase().replaceAll(' ', '');
  const letters = text.toLowerCase();
  if (wanted === '') return { score: 0, at: [] };
  const whole = letters.indexOf(typed.trim().toLowerCase());
  if (whole !== -1) {
    const atWord = whole === 0 || WORD_BEGINS.test(letters.charAt(whole - 1));
    const at = Array.from({ length: typed.trim().length }, (_, index) => whole + index);
    return { score: 1000 + (atWord ? 200 : 0) + (whole === 0 ? 100 : 0) - letters.length, at };
  }
  const at: number[] = [];
  let score = 0;
  let from = 0;
  for (const letter of wanted) {
    const index = letters.indexOf(letter, from);
    if (index === -1) return undefined;
    if (index === 0 || WORD_BEGINS.test(letters.charAt(index - 1))) score += 12;
    if (at.length > 0 && index === (at.at(-1) ?? 0) + 1) score += 8;
    score -= Math.min(6, index - from);
    at.push(index);
    from = index + 1;
  }
  return { score: score - letters.length / 10, at };
}
