import { crc32 } from 'node:zlib';
import { Pace } from '../pace.ts';
import type { Catalog } from './catalog.ts';
import type { ContentIndex } from './content-index.ts';

/** What a repository amounts to, in few bytes: two that are the same have the same fingerprint. */
export interface Fingerprint {
  readonly tags: string;
  readonly manifests: string;
  readonly blobs: string;
  readonly trash: string;
  readonly history: string;
}

/**
 * Computed in slices. If the repository changes meanwhile the result is worthless: the caller has to look out
 * for that.
 */
export async function fingerprintOf(catalog: Catalog, name: string, pace = new Pace()): Promise<Fingerprint> {
  const repository = catalog.findRepository(name);
  const trash = catalog.trash.of(name);
  return {
    tags: await sum(repository?.tags ?? [], pace),
    manifests: await sum(repository?.manifests ?? [], pace),
    blobs: `${await sum(repository?.blobs ?? [], pace)} ${await sum(repository?.unusedSince ?? [], pace)}`,
    trash: `${await sum(trash.manifests, pace)} ${await sum(trash.blobs, pace)}`,
    history: await sum(catalog.history.timelines.get(name) ?? [], pace),
  };
}

/** @see fingerprintOf; of who needs which content */
export async function fingerprintOfContent(content: ContentIndex): Promise<string> {
  return await sum(content.entries(), new Pace());
}

/** Names of all repositories that hold something, or once did. */
export function everyName({ repositories, trash, history }: Catalog): Set<string> {
  const names = new Set([...repositories.keys(), ...history.timelines.keys()]);
  for (const [name] of trash.repositories) names.add(name);
  return names;
}

/** The order does not count: a state that was restored may have another one than the state that it is of. */
async function sum(items: Iterable<unknown>, pace: Pace): Promise<string> {
  let count = 0;
  let total = 0;
  for (const item of items) {
    count += 1;
    total += crc32(canonical(item));
    await pace.rest();
  }
  return `${count}/${total}`;
}

/** JSON with the members of objects in lexical order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
