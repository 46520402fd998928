import { RegistryError } from './error.ts';
import { isRepositoryPattern, isTagPattern } from './pattern.ts';

/** What decides about the tags of some repositories. docs/retention.md */
export interface RetentionRule {
  /** A pattern: `ci/**`. */
  readonly repositories: string;
  /** A pattern: `pr-*`. All tags if absent. */
  readonly tags?: string;
  /** This many of the newest tags stay, in each repository. */
  readonly keepNewest?: number;
  /** What was pushed or pulled within this many days stays. */
  readonly keepDays?: number;
  /** In place of the setting of that name, in these repositories. */
  readonly untaggedDays?: number | null;
  /** Patterns of tags that nothing overwrites or deletes. */
  readonly protect?: readonly string[];
}

/** What can be changed while Berth runs. Kept in berth.json. */
export interface Settings {
  /** Days for which what was deleted or overwritten can be put back. */
  readonly undoDays: number;
  /** Minutes between two rounds that free the disk; null for only when asked. */
  readonly reclaimMinutes: number | null;
  /** Days after its last push or pull at which a manifest that never had a tag goes; null for never. */
  readonly untaggedDays: number | null;
  /** Days between two checks of all content against its digests; null for only when asked. */
  readonly verifyDays: number | null;
  /** Bytes that all content may take; null for as much as there is room for. */
  readonly budget: number | null;
  /** Bytes of the disk that Berth leaves free; null for its own choice. */
  readonly reserve: number | null;
  /** In the order in which they are tried. */
  readonly retention: readonly RetentionRule[];
}

export const DEFAULT_SETTINGS: Settings = {
  undoDays: 7,
  reclaimMinutes: 60,
  untaggedDays: 30,
  verifyDays: 7,
  budget: null,
  reserve: null,
  retention: [],
};

export const SETTING_NAMES = Object.keys(DEFAULT_SETTINGS) as readonly (keyof Settings)[];

const MOST_DAYS = 36_500;
const MOST_RULES = 100;
const MOST_KEPT = 1_000_000;

type Parsers<T> = { readonly [Name in keyof T]-?: (value: unknown, name: string) => T[Name] };

const SETTINGS: Parsers<Settings> = {
  undoDays: (value, name) => parseNumber(value, name, 'a number of days, 0 for no way back', 0, MOST_DAYS),
  reclaimMinutes: orNull((value, name) =>
    parseNumber(value, name, 'a number of minutes from 1 on, or null for never', 1, MOST_DAYS * 1440),
  ),
  untaggedDays: orNull(parseUntaggedDays),
  verifyDays: orNull((value, name) =>
    parseNumber(value, name, 'a number of days above 0, or null for never', Number.MIN_VALUE, MOST_DAYS),
  ),
  budget: orNull((value, name) =>
    parseInteger(value, name, 'a whole number of bytes above 0, or null for no limit', 1),
  ),
  reserve: orNull((value, name) =>
    parseInteger(value, name, 'a whole number of bytes, or null for Berth’s own choice', 0),
  ),
  retention: parseRules,
};

type RuleParsers = Parsers<Required<RetentionRule>>;

const RULE: RuleParsers = {
  repositories: (value, name) => {
    if (typeof value === 'string' && isRepositoryPattern(value)) return value;
    throw invalid(name, 'a pattern of repository names with at most four *, such as "ci/**"');
  },
  tags: parseTagPattern,
  keepNewest: (value, name) =>
    parseInteger(value, name, `a whole number from 1 to ${MOST_KEPT}`, 1, MOST_KEPT),
  keepDays: (value, name) =>
    parseNumber(value, name, 'a number of days above 0', Number.MIN_VALUE, MOST_DAYS),
  untaggedDays: orNull(parseUntaggedDays),
  protect: (value, name) => {
    if (!Array.isArray(value)) throw invalid(name, 'a list of patterns of tags, such as ["release-*"]');
    return value.map((each: unknown, index) => parseTagPattern(each, `${name}[${index}]`));
  },
};

/**
 * The settings among the members of an object, the rest left out.
 *
 * @throws RegistryError REQUEST_INVALID with a sentence that names the member
 */
export function parseSettings(members: Readonly<Record<string, unknown>>): Partial<Settings> {
  const known = SETTING_NAMES.filter((name) => members[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, SETTINGS[name](members[name], name)]));
}

/**
 * The same for somebody who is there to read that a name is wrong.
 *
 * @throws RegistryError REQUEST_INVALID
 */
export function parseSettingsPatch(value: unknown): Partial<Settings> {
  if (!isObject(value)) throw new RegistryError('REQUEST_INVALID', 'The settings must be a JSON object.');
  refuseUnknown(value, SETTING_NAMES, 'setting');
  return parseSettings(value);
}

function parseRules(value: unknown, name: string): readonly RetentionRule[] {
  if (!Array.isArray(value) || value.length > MOST_RULES) {
    throw invalid(name, `a list of at most ${MOST_RULES} rules`);
  }
  return value.map((each: unknown, index) => parseRule(each, `${name}[${index}]`));
}

/** Strict, because a rule without the member that was misspelt would do something else. */
function parseRule(value: unknown, name: string): RetentionRule {
  if (!isObject(value)) throw invalid(name, 'an object such as {"repositories":"ci/**","keepNewest":10}');
  const names = Object.keys(RULE) as (keyof RetentionRule)[];
  refuseUnknown(value, names, `member of ${name}`);
  const given = names.filter((each) => each === 'repositories' || value[each] !== undefined);
  return Object.fromEntries(
    given.map((each) => [each, RULE[each](value[each], `${name}.${each}`)]),
  ) as unknown as RetentionRule;
}

function parseTagPattern(value: unknown, name: string): string {
  if (typeof value === 'string' && isTagPattern(value)) return value;
  throw invalid(name, 'a pattern of tags with at most four *, such as "pr-*"');
}

function parseUntaggedDays(value: unknown, name: string): number {
  return parseNumber(value, name, 'a number of days above 0, or null for never', Number.MIN_VALUE, MOST_DAYS);
}

function parseInteger(
  value: unknown,
  name: string,
  expected: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isInteger(value)) throw invalid(name, expected);
  return parseNumber(value, name, expected, least, most);
}

function parseNumber(value: unknown, name: string, expected: string, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalid(name, expected);
}

function orNull<T>(parse: (value: unknown, name: string) => T) {
  return (value: unknown, name: string): T | null => (value === null ? null : parse(value, name));
}

function refuseUnknown(value: object, known: readonly string[], noun: string): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new RegistryError(
    'REQUEST_INVALID',
    `There is no ${noun} named ${JSON.stringify(unknown.slice(0, 100))}. There are ${known.join(', ')}.`,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(name: string, expected: string): RegistryError {
  return new RegistryError('REQUEST_INVALID', `${name} must be ${expected}.`, { detail: { name } });
}
