import type { Manifest } from '../catalog/repository.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { withWhatGoesAlong } from '../collector/reach.ts';
import type { Reason } from './reason.ts';
import type { Deletion } from './retention-plan.ts';
import { Usage } from '../collector/usage.ts';
import { ownTags } from '../images/attachments.ts';

/** What one rule takes now. */
export interface RuleUsage {
  /** `retention rule 2`, `lifetimes`, `untaggedDays`: as people know it. */
  readonly rule: string;
  readonly tags: number;
  readonly manifests: number;
  /** Bytes that this rule alone would free, once nothing of it can be put back any more. */
  readonly exclusive: number;
}

interface Taken {
  tags: number;
  /** By repository: manifests that lose their last tag by this rule alone. */
  readonly digests: Map<string, Digest[]>;
}

/** What each rule would free if it were the only one. What two rules take together is freed by neither. */
export async function readRuleUsage(store: Store, deletions: readonly Deletion[]): Promise<RuleUsage[]> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  const rules = new Map<string, Taken>();
  for (const { repository: name, digest, decisions } of deletions) {
    await pace.rest();
    const repository = catalog.findRepository(name);
    if (repository === undefined) continue;
    const remaining = new Set(ownTags(repository, digest));
    const names = new Set(decisions.map(({ reason }) => ruleOf(reason)));
    for (const { tag, reason } of decisions) {
      const taken = rules.get(ruleOf(reason)) ?? { tags: 0, digests: new Map<string, Digest[]>() };
      rules.set(ruleOf(reason), taken);
      if (tag !== undefined) taken.tags += 1;
      if (tag !== undefined) remaining.delete(tag);
    }
    const [only] = names;
    if (only === undefined || names.size > 1 || remaining.size > 0) continue;
    const digests = rules.get(only)?.digests;
    const others = digests?.get(name);
    if (others === undefined) digests?.set(name, [digest]);
    else others.push(digest);
  }

  const usages: RuleUsage[] = [];
  for (const [rule, { tags, digests }] of rules) {
    const manifests = new Set<Manifest>();
    for (const [name, roots] of digests) {
      await pace.rest();
      const repository = catalog.findRepository(name);
      if (repository === undefined) continue;
      for (const manifest of withWhatGoesAlong(repository, roots)) manifests.add(manifest);
    }
    const usage = new Usage(catalog);
    const seen = new Set<Digest>();
    let exclusive = 0;
    for (const manifest of manifests) {
      await pace.rest();
      exclusive += usage.bytesWith(manifest, manifests, seen);
    }
    usages.push({ rule, tags, manifests: manifests.size, exclusive });
  }
  return usages;
}

function ruleOf(reason: Reason): string {
  if (reason.kind === 'expired') return 'lifetimes';
  if ('rule' in reason && typeof reason.rule === 'object') return `retention rule ${reason.rule.number}`;
  return 'untaggedDays';
}
