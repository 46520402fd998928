import type { ProtectionPlan, TagPlan } from '../../../../registry/api/contract.ts';
import { counted, formatExact } from '../../../components/format.ts';
import type { Outcome } from './outcome.ts';

const MOST_NAMES = 3;
const MOST_OUTCOMES = 5;

const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** What the next run of retention does with the tags then, what it takes first. */
export function outcomesOf({ tags, others }: ProtectionPlan, isProtected: boolean): readonly Outcome[] {
  const plans = isProtected ? tags.filter(({ before }) => !before.stays) : tags;
  const all = [
    ...group(plans, (plan) => (isProtected ? spared(plan) : exposed(plan))),
    ...group(others, ({ before, after }) =>
      after.stays ? `stays too, and would go: ${before.reason}` : `goes as well: ${after.reason}`,
    ),
  ].sort((one, other) => Number(other.warns) - Number(one.warns));
  const rest = all.slice(MOST_OUTCOMES).reduce((sum, { count }) => sum + count, 0);
  return rest === 0
    ? all
    : [
        ...all.slice(0, MOST_OUTCOMES),
        { names: counted(rest, 'more', 'more'), becomes: 'for other reasons' },
      ];
}

const spared = ({ before }: TagPlan): string => `stays, and would go: ${before.reason}`;

const exposed = ({ after }: TagPlan): string => `${after.stays ? 'stays' : 'goes'}: ${after.reason}`;

function group(plans: readonly TagPlan[], say: (plan: TagPlan) => string): (Outcome & { count: number })[] {
  const byText = new Map<string, TagPlan[]>();
  for (const plan of plans) {
    const text = say(plan);
    const same = byText.get(text);
    if (same === undefined) byText.set(text, [plan]);
    else same.push(plan);
  }
  return Array.from(byText, ([text, same]) => ({
    names: namesOf(same.map(({ tag }) => tag)),
    becomes: text.replace(TIME, (time) => formatExact(time)),
    warns: same.some(({ after }) => !after.stays),
    count: same.length,
  }));
}

/** Of many only the first, so that how many there are is seen, too. */
function namesOf(tags: readonly string[]): string {
  const [first = ''] = tags;
  return tags.length > MOST_NAMES
    ? `${first} and ${counted(tags.length - 1, 'more', 'more')}`
    : tags.join(', ');
}
