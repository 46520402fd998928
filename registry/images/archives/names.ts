import { isDigest, isTag, parseName, type Digest } from '../../reference.ts';

/** Where an image of an archive goes. */
export interface Target {
  readonly repository: string;
  /** Absent for a name that is a digest. */
  readonly tag?: string;
}

/** In front of names that have none, so that nothing of them is taken for one. */
export const OWN_REGISTRY = 'berth.localhost/';

const HOST = /^(?=.*[.:])[a-z0-9[][a-z0-9.:[\]-]*$/i;

const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/**
 * A name as archives have it, without the registry in front: `docker.io/library/app:v1`, `localhost:5080/app:v1`,
 * `localhost/app:v1` and `app:v1` are all `app:v1` here. As in docker, what stands before the first slash is a
 * registry if it looks like one, and only Docker Hub's `library/` means nothing. Without a tag it is `latest`.
 *
 * @returns undefined for what cannot be a name here
 */
export function parseArchiveName(text: string): Target | undefined {
  const [, named = '', digest] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? [];
  const [first = '', ...rest] = named.split('/');
  const hasHost = rest.length > 0 && (first === 'localhost' || HOST.test(first));
  const isHub = !hasHost || DOCKER_HUB.has(first);
  const path = hasHost ? rest.join('/') : named;
  const [, repository = '', tag] = /^(.*?)(?::([^:/]*))?$/s.exec(path) ?? [];
  const short = isHub && /^library\/[^/]+$/.test(repository) ? repository.slice(8) : repository;
  if (!isName(short) || (tag !== undefined && !isTag(tag))) return undefined;
  if (tag === undefined && digest !== undefined) return isDigest(digest) ? { repository: short } : undefined;
  return { repository: short, tag: tag ?? 'latest' };
}

export function formatTarget({ repository, tag }: Target, digest: Digest): string {
  return tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`;
}

/** A name for what has none, made of what its file is called; people may have a better one. */
export function suggestName(fileName: string, tag = 'latest'): string {
  const base = fileName
    .replace(/^.*[/\\]/, '')
    .replace(/(\.(tar|tgz|tzst|gz|zst|zstd|oci|docker|img))+$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100)
    .replace(/-+$/, '');
  return `${isName(base) ? base : 'image'}:${tag}`;
}

function isName(text: string): boolean {
  try {
    return parseName(text) === text;
  } catch {
    return false;
  }
}
