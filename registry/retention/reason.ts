import type { RetentionRule } from '../settings.ts';
import { iso } from '../time.ts';

/** A rule as it is named to people. */
export interface NamedRule extends Pick<RetentionRule, 'repositories' | 'tags' | 'keepNewest' | 'keepDays'> {
  readonly number: number;
}

/** Why something stays or goes. Times are milliseconds since 1970. */
export type Reason =
  | { readonly stays: true; readonly kind: 'protected' | 'no rule' | 'in use' }
  | {
      readonly stays: true;
      readonly kind: 'protected by rule';
      readonly rule: number;
      readonly pattern: string;
    }
  | { readonly stays: true; readonly kind: 'put back' | 'lifetime'; readonly until: number }
  | { readonly stays: true; readonly kind: 'kept by rule'; readonly rule: NamedRule }
  | { readonly stays: true; readonly kind: 'newest'; readonly rule: NamedRule; readonly keepNewest: number }
  | {
      readonly stays: true;
      readonly kind: 'recent';
      readonly rule: NamedRule;
      readonly keepDays: number;
      readonly until: number;
    }
  | { readonly stays: true; readonly kind: 'untagged stays'; readonly rule?: NamedRule }
  | { readonly stays: false; readonly kind: 'expired'; readonly at: number }
  | { readonly stays: false; readonly kind: 'rule'; readonly rule: NamedRule }
  | {
      readonly stays: boolean;
      readonly kind: 'untagged';
      readonly days: number;
      readonly until: number;
      readonly rule?: NamedRule;
    };

export type ReasonKind = Reason['kind'];

/** A sentence without a beginning, to follow `stays: ` or `goes: `. */
export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case 'protected':
      return 'it is protected';
    case 'protected by rule':
      return `the pattern "${reason.pattern}" of retention rule ${reason.rule} protects it`;
    case 'no rule':
      return 'no retention rule matches it';
    case 'in use':
      return 'a push or pull is using it';
    case 'put back':
      return `somebody put it back, so that no rule takes it before ${iso(reason.until)}`;
    case 'lifetime':
      return `it has a lifetime of its own, until ${iso(reason.until)}`;
    case 'expired':
      return `its lifetime ended ${iso(reason.at)}`;
    case 'kept by rule':
      return `${nameOf(reason.rule)} keeps all that it matches`;
    case 'newest':
      return `${nameOf(reason.rule)} keeps the newest ${tags(reason.keepNewest)} of the repository`;
    case 'recent':
      return `${nameOf(reason.rule)} keeps what was pushed or pulled within ${days(reason.keepDays)}, until ${iso(reason.until)}`;
    case 'rule':
      return `${nameOf(reason.rule)}: ${failed(reason.rule)}`;
    case 'untagged stays':
      return `it never had a tag, and untaggedDays${ofRule(reason.rule)} lets that stay`;
    default:
      return reason.stays
        ? `it never had a tag; untaggedDays${ofRule(reason.rule)} keeps it until ${iso(reason.until)}`
        : `it never had a tag, and nobody has pushed or pulled it for ${days(reason.days)} (untaggedDays${ofRule(reason.rule)})`;
  }
}

function failed({ keepNewest, keepDays }: NamedRule): string {
  const newest =
    keepNewest === undefined
      ? []
      : [`it is not ${keepNewest === 1 ? 'the newest tag' : `among the newest ${keepNewest} tags`}`];
  const recent = keepDays === undefined ? [] : [`nobody has pushed or pulled it for ${days(keepDays)}`];
  return [...newest, ...recent].join(', and ');
}

function nameOf({ number, repositories, tags: pattern }: NamedRule): string {
  return `retention rule ${number} (${repositories}${pattern === undefined ? '' : `:${pattern}`})`;
}

function ofRule(rule: NamedRule | undefined): string {
  return rule === undefined ? '' : ` of retention rule ${rule.number}`;
}

function tags(count: number): string {
  return count === 1 ? 'tag' : `${count} tags`;
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}
