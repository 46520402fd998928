const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;

/**
 * `team/app:v1` in its parts, or a sentence that says what is wrong with it.
 *
 * @param own the image's repository, for saying what a word alone may mean
 */
export function parseTarget(
  text: string,
  own: string,
): { readonly repository: string; readonly tag: string } | string {
  const colon = text.lastIndexOf(':');
  if (colon === -1) {
    const word = text.trim();
    return TAG.test(word)
      ? `Type “${own}:${word}” for a tag of ${own}, or “${word.toLowerCase()}:latest” for another repository.`
      : 'A name has the form repository:tag.';
  }
  const [repository, tag] = [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  if (!REPOSITORY.test(repository) || repository.length > 255) {
    return 'A repository’s name is made of a-z, 0-9 and single . _ - between them, in parts with / between.';
  }
  if (tag === '') return 'The tag after the colon is missing.';
  if (!TAG.test(tag))
    return 'A tag has at most 128 letters, digits, dots, _ and -, and does not begin with a dot or -.';
  return { repository, tag };
}
