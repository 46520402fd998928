import type { Operation } from './operation.ts';
import type { Manifest, Repository, Tag } from './repository.ts';

type OperationOf<Op extends Operation['op']> = Extract<Operation, { op: Op }>;

/** A tag after it was pushed or put back. What was set of it stays. */
export function tagAfterPut(before: Tag | undefined, operation: OperationOf<'tag.put'>, time: number): Tag {
  const { digest, expiresAt, pushedAt } = operation;
  const { restoredAt: _, ...kept } = before ?? {};
  return {
    ...kept,
    digest,
    pushedAt: pushedAt ?? time,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(pushedAt === undefined ? {} : { restoredAt: time }),
  };
}

/** A tag after its protection or its end was set. */
export function tagAfterSet(before: Tag, operation: OperationOf<'tag.set'>): Tag {
  const { protected: wasProtected = false, expiresAt: expired, ...plain } = before;
  const isProtected = operation.protected ?? wasProtected;
  const expires = operation.expiresAt === undefined ? expired : (operation.expiresAt ?? undefined);
  return {
    ...plain,
    ...(isProtected ? { protected: true } : {}),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  };
}

/**
 * Whether somebody has pushed, tagged, listed or protected it since. Rules decide before their record is
 * written; what happens in between counts, because the record's place in the journal decides.
 */
export function isWantedSince(repository: Repository, manifest: Manifest, time: number): boolean {
  for (const name of repository.tagsOf(manifest.digest)) {
    if (repository.tags.get(name)?.protected === true) return true;
  }
  return touchedAt(repository, manifest) > time;
}

export function isTagWantedSince(tag: Tag, time: number): boolean {
  return tag.protected === true || tagTouchedAt(tag) > time;
}

/** When it was last pushed, tagged, or listed by an index. Milliseconds since 1970. */
export function touchedAt(repository: Repository, { digest, pushedAt }: Manifest): number {
  let last = pushedAt;
  for (const name of repository.tagsOf(digest)) {
    const tag = repository.tags.get(name);
    if (tag !== undefined) last = Math.max(last, tagTouchedAt(tag));
  }
  for (const index of repository.indexesOf(digest)) last = Math.max(last, index.pushedAt);
  return last;
}

/** When it was last pushed or put back. Milliseconds since 1970. */
export function tagTouchedAt({ pushedAt, restoredAt = 0 }: Tag): number {
  return Math.max(pushedAt, restoredAt);
}
