import { isDigest, parseName, parseTag } from '../reference.ts';

/** `repository:tag`, `repository@digest` or a repository alone, with or without the registry's address. */
export function parseReference(text: string): { name: string; reference: string } {
  const [, path = '', digest] = /^([^@]*)(?:@(.+))?$/.exec(withoutHost(text)) ?? [];
  const [, name = '', tag = 'latest'] = /^(.*?)(?::([^:/]*))?$/.exec(path) ?? [];
  if (digest === undefined) return { name: parseName(name), reference: parseTag(tag) };
  if (isDigest(digest)) return { name: parseName(name), reference: digest };
  throw new Error(
    `${digest} is not a whole digest. Expected sha256: and 64 hex digits, or sha512: and 128. ` +
      `"berth inspect ${name}:TAG --json" shows those of a tag.`,
  );
}

/** As in docker: what stands before the first slash is an address if it looks like one. */
export function withoutHost(text: string): string {
  const [first = '', ...rest] = text.replace(/^https?:\/\//, '').split('/');
  const isHost = rest.length > 0 && (first === 'localhost' || /[.:]/.test(first));
  return isHost ? rest.join('/') : [first, ...rest].join('/');
}

/** A repository alone, or what `parseReference` takes: here a name alone does not mean its `latest`. */
export function parseTarget(text: string): { name: string; reference?: string } {
  const path = withoutHost(text);
  return /[@:]/.test(path) ? parseReference(text) : { name: parseName(path) };
}

/** As people write it: `repository:tag`, `repository@digest`. */
export function formatReference({ name, reference }: { name: string; reference?: string }): string {
  if (reference === undefined) return name;
  return `${name}${isDigest(reference) ? '@' : ':'}${reference}`;
}

/** The beginning of a digest, which is enough to tell it from others. */
export function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}
