import { GRACE_MS } from '../blobs/leases.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { touchedAt } from '../catalog/tag-changes.ts';
import { hasProtectedTag } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import type { Settings } from '../settings.ts';
import { isNeeded, withWhatGoesAlong, type Going } from '../collector/reach.ts';
import type { ReasonKind } from './reason.ts';
import { Release } from './release.ts';
import { decideRepository, type Decision } from './retention-decisions.ts';

/** What goes together because it has one digest. */
export interface Deletion {
  readonly repository: string;
  readonly digest: Digest;
  /** Why, for each of its tags that go, or for the manifest if it never had one. */
  readonly decisions: readonly Decision[];
  /** The manifest and what goes along with it; none if something else still needs it. */
  readonly manifests: readonly Manifest[];
  /** What somebody does to one of them after this time is newer than the plan. Milliseconds since 1970. */
  readonly before: ReadonlyMap<Manifest, number>;
}

export interface PlannedDeletion extends Deletion {
  /** Bytes that this frees, on top of those above it, once nothing of it can be put back any more. */
  readonly bytes: number;
}

export interface RetentionPlan {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly deletions: readonly PlannedDeletion[];
  readonly stays: readonly Decision[];
  readonly staysByReason: ReadonlyMap<ReasonKind, number>;
  /** Bytes that all of it frees, once nothing of it can be put back any more. */
  readonly bytes: number;
}

/**
 * What the rules would take now, and why everything else stays. Touches nothing. Computed in slices, so that
 * pushes and pulls go on meanwhile.
 *
 * @param only in this repository, if given
 */
export async function planRetention(
  store: Store,
  settings: Settings,
  now: number,
  only?: string,
): Promise<RetentionPlan> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  const release = new Release(catalog, now - GRACE_MS);
  const deletions: PlannedDeletion[] = [];
  const stays: Decision[] = [];
  const staysByReason = new Map<ReasonKind, number>();
  for (const name of only === undefined ? [...catalog.repositories.keys()] : [only]) {
    const repository = catalog.findRepository(name);
    if (repository === undefined) continue;
    const decisions = await decideRepository(store, settings, repository, now, pace);
    for (const decision of decisions) {
      await pace.rest();
      const { stays: isStaying, kind } = decision.reason;
      if (!isStaying) continue;
      stays.push(decision);
      staysByReason.set(kind, (staysByReason.get(kind) ?? 0) + 1);
    }
    for await (const deletion of planDeletions(store, repository, decisions, pace)) {
      const before = release.bytes;
      for (const manifest of deletion.manifests) release.takeManifest(repository, manifest);
      deletions.push({ ...deletion, bytes: release.bytes - before });
    }
  }
  return { time: now, deletions, stays, staysByReason, bytes: release.bytes };
}

/** What the decisions against tags and manifests come to: a manifest goes with the last of its tags. */
export async function* planDeletions(
  store: Pick<Store, 'leases' | 'settings'>,
  repository: Repository,
  decisions: readonly Decision[],
  pace: Pace,
): AsyncIterable<Deletion> {
  const byDigest = new Map<Digest, Decision[]>();
  const tags = new Set<string>();
  for (const decision of decisions) {
    await pace.rest();
    if (decision.reason.stays) continue;
    if (decision.tag !== undefined) tags.add(decision.tag);
    const others = byDigest.get(decision.digest);
    if (others === undefined) byDigest.set(decision.digest, [decision]);
    else others.push(decision);
  }
  const going: Going = { manifests: new Set(), isTagGoing: (tag) => tags.has(tag) };
  // What a push under way counts on, or a pull is reading, does not go along, nor does what is protected.
  const keep = (digest: Digest): boolean =>
    store.leases.find(digest) !== 'free' || hasProtectedTag(store, repository, digest);
  for (const [digest, against] of byDigest) {
    await pace.rest();
    const manifest = repository.manifests.get(digest);
    if (manifest === undefined) continue;
    const staysOrWent = going.manifests.has(manifest) || isNeeded(repository, manifest, going);
    const manifests = staysOrWent ? [] : withWhatGoesAlong(repository, [digest], keep, going);
    const before = new Map(manifests.map((each) => [each, touchedAt(repository, each)]));
    // Others may have had a turn since these were decided.
    if (manifests.length > 0) {
      const decidedAt = against.reduce((first, each) => Math.min(first, each.touchedAt), Infinity);
      before.set(manifest, decidedAt);
    }
    yield { repository: repository.name, digest, decisions: against, manifests, before };
  }
}
