import { parseLayoutSeq, type LayoutEntry } from '../blobs/layout.ts';
import { isDigest, isTag, parseName } from '../reference.ts';

/** Where `repository:tag` of a listed manifest stands. */
export function splitReference(reference: string): { repository: string; tag: string } {
  const colon = reference.lastIndexOf(':');
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

/**
 * What index.json lists. Each entry has a line of its own, so that of a damaged list those count that are
 * whole.
 */
export function parseLayoutList(text: string): { layout: LayoutEntry[]; layoutSeq: number } {
  const layout = text.split('\n').flatMap((line) => parseEntry(line.replace(/,$/, '')));
  return { layout, layoutSeq: parseLayoutSeq(text) };
}

function parseEntry(line: string): LayoutEntry[] {
  try {
    const { mediaType, digest, size, annotations } = JSON.parse(line) as Record<string, unknown>;
    const reference = (annotations as Record<string, unknown>)['org.opencontainers.image.ref.name'];
    if (typeof mediaType !== 'string' || typeof reference !== 'string') return [];
    if (typeof digest !== 'string' || !isDigest(digest)) return [];
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return [];
    const { repository, tag } = splitReference(reference);
    parseName(repository);
    return isTag(tag) ? [{ reference, mediaType, digest, size }] : [];
  } catch {
    // The first line, the last one, or a damaged one.
    return [];
  }
}
