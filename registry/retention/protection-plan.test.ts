import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, Days } from '../../test/domain/retention.ts';
import { planProtection, type TagPlan } from './protection-plan.ts';
import { describeReason } from './reason.ts';

let days: Days;

beforeEach(async () => {
  days = await Days.begin();
});
afterEach(() => days.end());

const said = (plans: readonly TagPlan[]): Record<string, string> =>
  Object.fromEntries(
    plans.map(({ tag, before, after }) => [
      tag,
      [before, after]
        .map((each) => (each === undefined ? 'attached' : each.stays ? 'stays' : 'goes'))
        .join(', '),
    ]),
  );

const plan = (tags: string[], isProtected: boolean) =>
  planProtection(days.test.store, 'app', tags, isProtected);

describe('planProtection', () => {
  it('says what a rule would have taken and leaves alone then', async () => {
    await days.set({ retention: [{ repositories: 'app', keepDays: 1 }] });
    await days.push('app:old');
    days.later(2 * DAY);
    await days.push('app:new');
    const { tags, others } = await plan(['old', 'new'], true);
    expect(said(tags)).toEqual({ old: 'goes, stays', new: 'stays, stays' });
    expect(others).toEqual([]);
    expect(days.test.tags('app')).toEqual(['new', 'old']);
  });

  it('says which rule takes what is not protected any more, and what that pushes out', async () => {
    await days.set({ retention: [{ repositories: 'app', keepNewest: 2 }] });
    await days.push('app:1', 'app:2', 'app:3', 'app:4');
    await days.protect('app', '1');
    await days.protect('app', '4');
    const first = await plan(['1'], false);
    expect(said(first.tags)).toEqual({ 1: 'stays, goes' });
    expect(first.tags.map(({ after }) => after && describeReason(after))).toEqual([
      'retention rule 1 (app): it is not among the newest 2 tags',
    ]);
    expect(first.others).toEqual([]);
    const last = await plan(['4'], false);
    expect(said(last.tags)).toEqual({ 4: 'stays, stays' });
    expect(said(last.others)).toEqual({ 2: 'stays, goes' });
  });

  it('says nothing of a tag that goes with what it is attached to', async () => {
    await days.set({ retention: [{ repositories: 'app', keepDays: 1 }] });
    const image = await days.test.image('app', { tag: 'v1' });
    const signature = `${image.digest.replace(':', '-')}.sig`;
    await days.test.image('app', { tag: signature });
    await days.protect('app', signature);
    days.later(2 * DAY);
    expect(said((await plan([signature], false)).tags)).toEqual({ [signature]: 'stays, attached' });
  });

  it('leaves out what is so already, and refuses what is not there', async () => {
    await days.push('app:1', 'app:2');
    await days.protect('app', '1');
    expect(said((await plan(['1', '2'], true)).tags)).toEqual({ 2: 'stays, stays' });
    await expect(plan(['none'], true)).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' });
  });
});
