/**
 * Patterns for names: `*` stands for any characters within a path segment, `**` for any number of segments.
 * As in .gitignore, `ci/**` is everything below ci and not ci itself, and `**` + `/app` is app wherever it is.
 */
export interface Pattern {
  readonly text: string;
  matches(name: string): boolean;
}

/** Each one more makes the slowest match a hundred times slower; ECR draws the line here, too. */
const MOST_WILDCARDS = 4;

const REPOSITORIES = /^[a-z0-9._/*-]{1,255}$/;
const TAGS = /^[\w.*-]{1,128}$/;

export function isRepositoryPattern(text: string): boolean {
  return REPOSITORIES.test(text) && wildcards(text) <= MOST_WILDCARDS;
}

export function isTagPattern(text: string): boolean {
  return TAGS.test(text) && wildcards(text) <= MOST_WILDCARDS;
}

function wildcards(text: string): number {
  return text.match(/\*+/g)?.length ?? 0;
}

/** @param text of which `isRepositoryPattern` or `isTagPattern` is true */
export function compilePattern(text: string): Pattern {
  const source = text.replace(/\*{2,}\/|\*{2,}|\*|[.]/g, (part) => {
    if (part === '.') return '\\.';
    if (part === '*') return '[^/]*';
    return part.endsWith('/') ? '(?:.*/)?' : '.*';
  });
  const expression = new RegExp(`^${source}$`);
  return { text, matches: (name) => expression.test(name) };
}
