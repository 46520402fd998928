import type { DigestList } from '../api/contract.ts';
import type { Client } from './client.ts';
import { isDigest, parseName, parseTag } from '../reference.ts';

/** `repository:tag`, `repository@digest` or a repository alone, with or without the registry's address. */
export function parseReference(text: string): { name: string; reference: string } {
  const [, path = '', digest] = /^([^@]*)(?:@(.+))?$/.exec(withoutHost(text)) ?? [];
  const [, name = '', tag = 'latest'] = /^(.*?)(?::([^:/]*))?$/.exec(path) ?? [];
  if (digest === undefined) return { name: parseName(name), reference: parseTag(tag) };
  if (isDigest(digest) || BEGINNING.test(digest)) return { name: parseName(name), reference: digest };
  throw new Error(
    `${digest} is not a digest. Expected sha256: and 64 hex digits, or the first of them, at least ${LEAST_DIGITS}. ` +
      `"berth inspect ${name}:TAG" shows those of a tag.`,
  );
}

const LEAST_DIGITS = 6;
const BEGINNING = new RegExp(`^(?:sha(?:256|512):)?[0-9a-f]{${LEAST_DIGITS},}$`);

/**
 * The same, and of a digest its beginning is enough.
 *
 * @throws Error naming the candidates if several digests of the repository begin so, or none
 */
export async function findReference(
  client: Client,
  text: string,
): Promise<{ name: string; reference: string }> {
  const { name, reference } = parseReference(text);
  return { name, reference: text.includes('@') ? await findDigest(client, name, reference) : reference };
}

/** What `parseTarget` takes, and of a digest its beginning is enough. */
export async function findTarget(
  client: Client,
  text: string,
): Promise<{ name: string; reference?: string }> {
  return text.includes('@') ? await findReference(client, text) : parseTarget(text);
}

async function findDigest(client: Client, name: string, beginning: string): Promise<string> {
  if (isDigest(beginning)) return beginning;
  const about = new URLSearchParams({ repository: name, beginning });
  const { digests, total } = await client.json<DigestList>(`/api/digests?${about}`);
  const [digest, ...others] = digests;
  if (digest === undefined) {
    throw new Error(`${name} has nothing whose digest begins with ${beginning}. See "berth tags ${name}".`);
  }
  if (others.length === 0) return digest;
  const more = total > digests.length ? [`  and ${total - digests.length} more`] : [];
  throw new Error(
    [
      `${beginning} is the beginning of several digests in ${name}:`,
      ...digests.map((each) => `  ${each}`),
      ...more,
    ].join('\n'),
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

/** The same without its algorithm, for lists that have to fit into a line. */
export function shortHex(digest: string): string {
  return shortDigest(digest).slice(digest.indexOf(':') + 1);
}

/** The beginning of a digest, which is enough to tell it from others. */
export function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}
