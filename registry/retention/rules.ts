import type { Tag } from '../catalog/repository.ts';
import type { ProtectingRule } from '../images/protection.ts';
import { compilePattern, type Pattern } from '../pattern.ts';
import type { RetentionRule, Settings } from '../settings.ts';
import { DAY_MS } from '../time.ts';
import type { Reason } from './reason.ts';

export interface Rule extends RetentionRule {
  /** Its place in the settings, the first is 1. */
  readonly number: number;
  matchesRepository(name: string): boolean;
  matchesTag(tag: string): boolean;
}

/** Those that matter in one repository. */
export interface RepositoryRules {
  readonly rules: readonly Rule[];
  /** How long untagged manifests stay, and the rule that says so, if it is not the setting. */
  readonly untagged: { readonly days: number | null; readonly rule?: Rule };
}

const ANY: Pattern = { text: '*', matches: () => true };

/** Compiled once for each state of the settings. */
const compiled = new WeakMap<readonly RetentionRule[], readonly Rule[]>();

export function rulesOf(
  { retention, untaggedDays }: Pick<Settings, 'retention' | 'untaggedDays'>,
  repository: string,
): RepositoryRules {
  let all = compiled.get(retention);
  if (all === undefined) {
    all = retention.map(compileRule);
    compiled.set(retention, all);
  }
  const rules = all.filter((each) => each.matchesRepository(repository));
  const rule = rules.find((each) => each.untaggedDays !== undefined);
  const days = rule?.untaggedDays === undefined ? untaggedDays : rule.untaggedDays;
  return { rules, untagged: rule === undefined ? { days } : { days, rule } };
}

function compileRule(rule: RetentionRule, index: number): Rule {
  const repositories = compilePattern(rule.repositories);
  const tags = rule.tags === undefined ? ANY : compilePattern(rule.tags);
  return {
    ...rule,
    number: index + 1,
    matchesRepository: (name) => repositories.matches(name),
    // A rule that only protects, or is only about untagged manifests, decides about no tag.
    matchesTag: (tag) => decidesTags(rule) && tags.matches(tag),
  };
}

function decidesTags(rule: RetentionRule): boolean {
  const isAboutElse = rule.protect !== undefined || rule.untaggedDays !== undefined;
  const keeps = rule.keepNewest !== undefined || rule.keepDays !== undefined;
  return keeps || rule.tags !== undefined || !isAboutElse;
}

/** The rule that decides about a tag: the first that matches. */
export function findRule(rules: readonly Rule[], tag: string): Rule | undefined {
  return rules.find((each) => each.matchesTag(tag));
}

export interface TagFacts {
  readonly tag: Tag;
  readonly protector: ProtectingRule | undefined;
  readonly rule: Rule | undefined;
  /** Whether it is among the newest that the rule keeps. */
  readonly isAmongNewest: boolean;
  /** When it was last pushed or pulled. Milliseconds since 1970. */
  readonly lastUse: number;
}

/** What is said of the tag itself comes before every rule; then the first rule that matches decides. */
export function decideTag(facts: TagFacts, undoDays: number, now: number): Reason {
  const { tag, protector, rule, isAmongNewest, lastUse } = facts;
  if (tag.protected === true) return { stays: true, kind: 'protected' };
  if (protector !== undefined) return { stays: true, kind: 'protected by rule', ...protector };
  const settled = (tag.restoredAt ?? 0) + undoDays * DAY_MS;
  if (tag.restoredAt !== undefined && settled > now) return { stays: true, kind: 'put back', until: settled };
  const { expiresAt } = tag;
  if (expiresAt !== undefined) {
    return expiresAt > now
      ? { stays: true, kind: 'lifetime', until: expiresAt }
      : { stays: false, kind: 'expired', at: expiresAt };
  }
  if (rule === undefined) return { stays: true, kind: 'no rule' };
  const { keepNewest, keepDays } = rule;
  if (keepNewest === undefined && keepDays === undefined) return { stays: true, kind: 'kept by rule', rule };
  if (keepNewest !== undefined && isAmongNewest) return { stays: true, kind: 'newest', rule, keepNewest };
  const until = keepDays === undefined ? 0 : lastUse + keepDays * DAY_MS;
  if (keepDays !== undefined && until > now) return { stays: true, kind: 'recent', rule, keepDays, until };
  return { stays: false, kind: 'rule', rule };
}

/** About a manifest that never had a tag and belongs to nothing. */
export function decideUntagged(
  { days, rule }: RepositoryRules['untagged'],
  lastUse: number,
  now: number,
): Reason {
  if (days === null) return { stays: true, kind: 'untagged stays', ...(rule === undefined ? {} : { rule }) };
  const until = lastUse + days * DAY_MS;
  const facts = { kind: 'untagged', days, until, ...(rule === undefined ? {} : { rule }) } as const;
  return { stays: until > now, ...facts };
}
