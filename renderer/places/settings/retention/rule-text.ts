import type { RetentionRule } from '../../../../registry/api/contract.ts';
import { counted } from '../../../components/format.ts';

/** A rule as it stands in its fields. */
export interface RuleText {
  repositories: string;
  tags: string;
  keepNewest: string;
  keepDays: string;
  untaggedDays: string;
  protect: string;
}

export function textOf(rule: RetentionRule): RuleText {
  return {
    repositories: rule.repositories,
    tags: rule.tags ?? '',
    keepNewest: rule.keepNewest?.toString() ?? '',
    keepDays: rule.keepDays?.toString() ?? '',
    untaggedDays: rule.untaggedDays === null ? 'never' : (rule.untaggedDays?.toString() ?? ''),
    protect: rule.protect?.join(', ') ?? '',
  };
}

/** As it is sent; what makes no sense is sent too, because the server says best why. */
export function ruleOf(text: RuleText): RetentionRule {
  const number = (value: string): number | undefined => (value.trim() === '' ? undefined : numberOf(value));
  const untagged = text.untaggedDays.trim() === 'never' ? null : number(text.untaggedDays);
  const protect = text.protect.split(/[\s,]+/).filter(Boolean);
  const [keepNewest, keepDays] = [number(text.keepNewest), number(text.keepDays)];
  return {
    repositories: text.repositories.trim(),
    ...(text.tags.trim() !== '' && { tags: text.tags.trim() }),
    ...(keepNewest !== undefined && { keepNewest }),
    ...(keepDays !== undefined && { keepDays }),
    ...(untagged !== undefined && { untaggedDays: untagged }),
    ...(protect.length > 0 && { protect }),
  };
}

const numberOf = (value: string): number => {
  const number = Number(value.trim().replace(',', '.'));
  return Number.isNaN(number) ? (value.trim() as unknown as number) : number;
};

/** What a rule does, in a sentence. */
export function sentenceOfRule({ tags, keepNewest, keepDays, untaggedDays, protect }: RetentionRule): string {
  const which = tags === undefined ? 'all tags' : `tags like ${tags}`;
  const keeps = [
    keepNewest !== undefined && `the newest ${keepNewest}`,
    keepDays !== undefined && `what was pushed or pulled within ${counted(keepDays, 'day')}`,
  ].filter((each) => each !== false);
  const decides =
    keeps.length > 0 || tags !== undefined || (protect === undefined && untaggedDays === undefined);
  const sentences = [
    keeps.length > 0
      ? `Of ${which}, ${keeps.join(' and ')} stay; the others go.`
      : decides &&
        `${tags === undefined ? 'All tags' : `Tags like ${tags}`} stay, whatever the rules below say.`,
    protect !== undefined && `Nothing overwrites or deletes ${protect.join(', ')}.`,
    untaggedDays !== undefined &&
      (untaggedDays === null
        ? 'Untagged manifests stay.'
        : `Untagged manifests go after ${counted(untaggedDays, 'day')}.`),
  ];
  return sentences.filter((each) => each !== false).join(' ');
}

/** What a sentence of the server is about, such as `retention[1].keepDays must be ...`, as it stands at its field. */
export function faultOf(error: string): {
  readonly field: keyof RuleText | undefined;
  readonly sentence: string;
} {
  const [name = '', field] = /^retention\[\d+\]\.(\w+)(?:\[\d+\])? /i.exec(error) ?? [];
  if (field === undefined) return { field: undefined, sentence: error };
  const sentence = `It ${error.slice(name.length)}`.replace('or null for never', 'or "never"');
  return { field: field as keyof RuleText, sentence };
}
