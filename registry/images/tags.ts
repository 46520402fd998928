import { affectsTags } from '../catalog/dependence.ts';
import type { Operation } from '../catalog/operation.ts';
import type { Tag } from '../catalog/repository.ts';
import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
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
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN, TAG_PROTECTED, REQUEST_INVALID for a time that is over
 */
export async function setTag(
  store: Store,
  name: string,
  tag: string,
  change: TagChange,
  actor: Actor,
): Promise<{ tag: Tag; protector: ProtectingRule | undefined }> {
  await store.ledger.decide(actor, {
    dependsOn: (operation) => affectsTags(operation, name, [tag]),
    decide: () => planSet(store, name, tag, change),
  });
  const after = readRepository(store, name).tags.get(tag);
  if (after === undefined) throw unknownManifest(name, tag);
  return { tag: after, protector: findProtectingRule(store.settings.current, name, tag) };
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
