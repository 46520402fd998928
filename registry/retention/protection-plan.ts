import type { Repository } from '../catalog/repository.ts';
import { tagAfterSet } from '../catalog/tag-changes.ts';
import { unknownManifest } from '../images/manifests.ts';
import { readRepository, type Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Reason } from './reason.ts';
import { decideRepository } from './retention-decisions.ts';

/** What the rules say of a tag before it and after it; undefined for one that goes with what it is attached to. */
export interface TagPlan {
  readonly tag: string;
  readonly before: Reason | undefined;
  readonly after: Reason | undefined;
}

export interface ProtectionPlan {
  /** Those named, without those that are so already. */
  readonly tags: readonly TagPlan[];
  /** Other tags that stay or go instead: what is protected does not count among the newest of a rule. */
  readonly others: readonly TagPlan[];
}

/**
 * What would become of tags that are protected, or are not any more. Touches nothing.
 *
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN
 */
export async function planProtection(
  store: Store,
  name: string,
  tags: readonly string[],
  isProtected: boolean,
): Promise<ProtectionPlan> {
  const repository = readRepository(store, name);
  // Not as they are between two steps, which others may change.
  const present = new Map(repository.tags);
  const changed = new Map(present);
  const changing = new Set<string>();
  const pace = new Pace();
  for (const tag of tags) {
    await pace.rest();
    const own = present.get(tag);
    if (own === undefined) throw unknownManifest(name, tag);
    if ((own.protected === true) === isProtected) continue;
    changing.add(tag);
    changed.set(tag, tagAfterSet(own, { op: 'tag.set', repository: name, tag, protected: isProtected }));
  }
  const now = Date.now();
  const before = await decide(store, repository.withTags(present), now);
  const after = await decide(store, repository.withTags(changed), now);
  const planOf = (tag: string): TagPlan => ({ tag, before: before.get(tag), after: after.get(tag) });
  return {
    tags: Array.from(changing, planOf),
    others: [...before.keys()]
      .filter((tag) => !changing.has(tag))
      .map(planOf)
      .filter((each) => each.before?.stays !== each.after?.stays),
  };
}

async function decide(store: Store, repository: Repository, now: number): Promise<Map<string, Reason>> {
  const decisions = await decideRepository(store, store.settings.current, repository, now, new Pace());
  return new Map(decisions.flatMap(({ tag, reason }) => (tag === undefined ? [] : [[tag, reason]])));
}
