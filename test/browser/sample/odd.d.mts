/** What its strings are. */
export const MARKUP: string;
/** The repository whose name has 255 characters. */
export const LONGEST_NAME: string;

export function fillOdd(url: string, options?: { manyTags?: number }): Promise<void>;
