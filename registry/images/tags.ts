import { affectsTags } from '../catalog/dependence.ts';
import type { Operation } from '../catalog/operation.ts';
import type { Tag } from '../catalog/repository.ts';
import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
import type { Steps } from '../pace.ts';
import { decidePlanned } from './decide-planned.ts';
import { unknownManifest } from './manifests.ts';
import { findProtectingRule, protectedTag, type ProtectingRule } from './protection.ts';
import { readRepository, type Store } from './store.ts';

export interface TagChange {
  readonly protected?: boolean | undefined;
  /** Milliseconds since 1970; null for never. */
  readonly expiresAt?: number | null | undefined;
}

/**
 * Protects a tag or ends that, and sets when it expires.
 *
 * @returns the tag as it is then, and the rule that protects it in any case
 * @throws as `setTags`
 */
export async function setTag(
  store: Store,
  name: string,
  tag: string,
  change: TagChange,
  actor: Actor,
): Promise<{ tag: Tag; protector: ProtectingRule | undefined }> {
  await setTags(store, name, [tag], change, actor);
  const after = readRepository(store, name).tags.get(tag);
  if (after === undefined) throw unknownManifest(name, tag);
  return { tag: after, protector: findProtectingRule(store.settings.current, name, tag) };
}

/**
 * The same for several tags of a repository, in one record, which one undo takes back; or for none of them.
 *
 * @returns the record, null if all were so already, and how many were not
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN, TAG_PROTECTED for the first that cannot be changed,
 *   REQUEST_INVALID for a time that is over
 */
export async function setTags(
  store: Store,
  name: string,
  tags: readonly string[],
  change: TagChange,
  actor: Actor,
): Promise<{ change: number | null; tags: number }> {
  const wanted = new Set(tags);
  let count = 0;
  function* plan(): Steps<Operation[]> {
    const operations: Operation[] = [];
    for (const tag of wanted) {
      yield;
      operations.push(...planSet(store, name, tag, change));
    }
    count = operations.length;
    return operations;
  }
  const record = await decidePlanned(store, actor, (each) => affectsTags(each, name, wanted), plan);
  return { change: record?.seq ?? null, tags: count };
}

function planSet(store: Store, name: string, tag: string, change: TagChange): Operation[] {
  const repository = readRepository(store, name);
  const before = repository.tags.get(tag);
  if (before === undefined) throw unknownManifest(name, tag);
  const expiresAt = change.expiresAt === undefined ? (before.expiresAt ?? null) : change.expiresAt;
  const isProtected = change.protected ?? before.protected ?? false;
  const isSame = isProtected === (before.protected ?? false) && expiresAt === (before.expiresAt ?? null);
  if (isSame) return [];
  if (typeof change.expiresAt === 'number') {
    // Nothing would come of it, and whoever set it would rely on it.
    const byRule = findProtectingRule(store.settings.current, name, tag);
    if (isProtected || byRule !== undefined) throw protectedTag(store, repository, tag);
    refusePast(name, tag, change.expiresAt);
  }
  return [{ op: 'tag.set', repository: name, tag, protected: isProtected, expiresAt }];
}

function refusePast(name: string, tag: string, expiresAt: number): void {
  if (expiresAt > Date.now()) return;
  throw new RegistryError(
    'REQUEST_INVALID',
    `${new Date(expiresAt).toISOString()} is over. To delete the tag now, run "berth delete ${name}:${tag}".`,
  );
}
