import { describe, expect, it } from 'vitest';
import type { TagPlan } from '../../../../registry/api/contract.ts';
import { formatExact } from '../../../components/format.ts';
import { outcomesOf } from './protection.ts';

const stays = (reason: string) => ({ stays: true, reason });
const goes = (reason: string) => ({ stays: false, reason });
const exposed = (tag: string, after: TagPlan['after']): TagPlan => ({
  tag,
  before: stays('it is protected'),
  after,
});

const said = (tags: readonly TagPlan[], others: readonly TagPlan[] = [], isProtected = false) =>
  outcomesOf({ tags, others }, isProtected).map(({ names, becomes }) => `${names} ${becomes}`);

describe('outcomesOf', () => {
  it('names what goes first, and together what goes for one reason', () => {
    const tags = ['a', 'b', 'c', 'd', 'e'].map((tag) => exposed(tag, goes('rule 1')));
    expect(said([exposed('new', stays('rule 2')), ...tags])).toEqual([
      'a and 4 more goes: rule 1',
      'new stays: rule 2',
    ]);
  });

  it('names what another tag pushes out, and what stays with it', () => {
    const out = { tag: 'old', before: stays('newest'), after: goes('rule 1') };
    expect(said([exposed('new', stays('newest'))], [out])).toEqual([
      'old goes as well: rule 1',
      'new stays: newest',
    ]);
    const back = { tag: 'old', before: goes('rule 1'), after: stays('newest') };
    expect(said([], [back], true)).toEqual(['old stays too, and would go: rule 1']);
  });

  it('leaves out what a protection changes nothing for', () => {
    const kept = { tag: 'kept', before: stays('no rule'), after: stays('it is protected') };
    expect(said([kept], [], true)).toEqual([]);
  });

  it('shows times as all of the window does', () => {
    const time = '2026-11-28T09:00:00.000Z';
    expect(said([exposed('a', stays(`until ${time}`))])).toEqual([`a stays: until ${formatExact(time)}`]);
  });

  it('counts what there is no room for', () => {
    const tags = Array.from({ length: 9 }, (_, index) => exposed(`v${index}`, stays(`reason ${index}`)));
    expect(said(tags).at(-1)).toBe('4 more for other reasons');
  });
});
