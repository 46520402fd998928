import { tagTouchedAt, touchedAt } from '../catalog/tag-changes.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { findSubjectOf } from '../images/attachments.ts';
import { findProtectingRule } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import type { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import type { Settings } from '../settings.ts';
import { Newest } from './newest.ts';
import type { Reason } from './reason.ts';
import { decideTag, decideUntagged, findRule, rulesOf, type Rule } from './rules.ts';

/** About one tag, or about one manifest that never had any. */
export interface Decision {
  readonly repository: string;
  /** Absent for a manifest that never had one. */
  readonly tag?: string;
  readonly digest: Digest;
  readonly reason: Reason;
  /** Whatever somebody does to it after this time is newer than the decision. Milliseconds since 1970. */
  readonly touchedAt: number;
}

/**
 * What the rules say of every tag of a repository, and of its manifests that never had one. Tags that only
 * attach something are not asked about: they go with their subject.
 */
export async function decideRepository(
  store: Pick<Store, 'leases' | 'observations'>,
  settings: Settings,
  repository: Repository,
  now: number,
  pace: Pace,
): Promise<Decision[]> {
  const { rules, untagged } = rulesOf(settings, repository.name);
  const { name } = repository;
  /** A push or a pull under way counts on it. */
  const unlessInUse = (digest: Digest, reason: Reason): Reason =>
    reason.stays || store.leases.find(digest) === 'free' ? reason : { stays: true, kind: 'in use' };

  const newest = await findNewest(settings, repository, rules, pace);
  const decisions: Decision[] = [];
  /** Once for each manifest, which may have very many tags. What happens to it meanwhile is later than that. */
  const lastTouched = new Map<Manifest, number>();
  for (const [tagName, tag] of repository.tags) {
    await pace.rest();
    const manifest = repository.manifests.get(tag.digest);
    if (manifest === undefined || findSubjectOf(repository, tagName) !== undefined) continue;
    const rule = findRule(rules, tagName);
    const entry = { name: tagName, time: tag.pushedAt };
    const reason = decideTag(
      {
        tag,
        protector: findProtectingRule(settings, name, tagName),
        rule,
        isAmongNewest: rule !== undefined && newest.get(rule)?.has(entry) === true,
        lastUse: Math.max(tagTouchedAt(tag), lastPull(store, repository, manifest)),
      },
      settings.undoDays,
      now,
    );
    const { digest } = tag;
    const touched = lastTouched.get(manifest) ?? touchedAt(repository, manifest);
    lastTouched.set(manifest, touched);
    decisions.push({
      repository: name,
      tag: tagName,
      digest,
      reason: unlessInUse(digest, reason),
      touchedAt: touched,
    });
  }
  for (const manifest of repository.manifests.values()) {
    await pace.rest();
    if (!neverBelonged(repository, manifest)) continue;
    const { digest } = manifest;
    const reason = decideUntagged(untagged, lastUse(store, repository, manifest), now);
    decisions.push({
      repository: name,
      digest,
      reason: unlessInUse(digest, reason),
      touchedAt: touchedAt(repository, manifest),
    });
  }
  return decisions;
}

/** Tags that are protected or have a lifetime of their own do not count among those that a rule keeps. */
async function findNewest(
  settings: Settings,
  repository: Repository,
  rules: readonly Rule[],
  pace: Pace,
): Promise<Map<Rule, Newest>> {
  const newest = new Map<Rule, Newest>();
  for (const rule of rules) {
    if (rule.keepNewest !== undefined) newest.set(rule, new Newest(rule.keepNewest));
  }
  if (newest.size === 0) return newest;
  for (const [name, tag] of repository.tags) {
    await pace.rest();
    if (tag.protected === true || tag.expiresAt !== undefined) continue;
    const rule = findRule(rules, name);
    const kept = rule === undefined ? undefined : newest.get(rule);
    if (kept === undefined || findSubjectOf(repository, name) !== undefined) continue;
    if (findProtectingRule(settings, repository.name, name) !== undefined) continue;
    kept.add({ name, time: tag.pushedAt });
  }
  return newest;
}

/** It never had a tag, no index lists it, and what it attaches to, if anything, is not here. */
export function neverBelonged(repository: Repository, manifest: Manifest): boolean {
  const { digest, subject, untaggedAt } = manifest;
  if (untaggedAt !== undefined || repository.isTagged(digest) || repository.isListed(digest)) return false;
  return subject === undefined || !repository.manifests.has(subject);
}

/** When it was last pushed, put back or pulled. Milliseconds since 1970. */
export function lastUse(
  store: Pick<Store, 'observations'>,
  repository: Repository,
  manifest: Manifest,
): number {
  const { pushedAt, restoredAt = 0 } = manifest;
  const pulledAt = lastPull(store, repository, manifest);
  return Math.max(pushedAt, restoredAt, touchedAt(repository, manifest), pulledAt);
}

/** Who pulls one of its platforms by digest pulls the index, too. 0 for never. */
export function lastPull(
  { observations }: Pick<Store, 'observations'>,
  repository: Repository,
  { digest }: Manifest,
): number {
  let last = 0;
  for (const each of repository.manifestsBelow(digest)) {
    last = Math.max(last, observations.lastPull(each) ?? 0);
  }
  return last;
}
