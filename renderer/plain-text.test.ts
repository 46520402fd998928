import { describe, expect, it } from 'vitest';

const sources: Readonly<Record<string, string>> = import.meta.glob(
  ['./**/*.{svelte,ts}', '!./plain-text.test.ts'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

// Names, commands and labels come out of images: text, and never anything else.
const FORBIDDEN = ['{@html', 'innerHTML', 'outerHTML', 'insertAdjacentHTML'];

describe('the window', () => {
  it.each(FORBIDDEN)('has no %s', (word) => {
    expect(Object.keys(sources).length).toBeGreaterThan(50);
    expect(
      Object.entries(sources)
        .filter(([, text]) => text.includes(word))
        .map(([name]) => name),
    ).toEqual([]);
  });

  it('has no style attribute, which its policy would refuse', () => {
    const styled = Object.entries(sources).filter(
      ([name, text]) => name.endsWith('.svelte') && /<[^>]*\sstyle=/.test(text),
    );
    expect(styled.map(([name]) => name)).toEqual([]);
  });
});
