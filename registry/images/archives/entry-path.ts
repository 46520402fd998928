import { invalid } from '../tar/tar-header.ts';

/**
 * The path of an archive's entry, from the archive's root and without `.`. Content is never kept under such a path:
 * it only has to mean one thing.
 *
 * @throws RegistryError ARCHIVE_INVALID if it leads out of the archive
 */
export function entryPath(name: string): string {
  if (name.startsWith('/')) throw leadsOut(name);
  return pathWithin('', name) ?? refuse(name);
}

/**
 * What a link points at.
 *
 * @throws RegistryError ARCHIVE_INVALID if it leads out of the archive
 */
export function linkTarget(path: string, type: 'symlink' | 'hard link', link: string): string {
  if (link.startsWith('/')) throw leadsOut(link);
  const from = type === 'symlink' ? path.slice(0, Math.max(0, path.lastIndexOf('/'))) : '';
  return pathWithin(from, link) ?? refuse(link);
}

/** A path from a folder of the archive on; undefined if it leads out. */
export function pathWithin(from: string, path: string): string | undefined {
  const parts = from === '' ? [] : from.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

function refuse(name: string): never {
  throw leadsOut(name);
}

function leadsOut(name: string): Error {
  return invalid(`The archive has the path ${quote(name)}, which leads out of it.`);
}

/** A string out of an archive, fit for a sentence. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
