import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { describe, expect, it, vi } from 'vitest';
import { router } from '../state/router.svelte.ts';
import { answer } from '../test-answers.ts';
import { match } from './fuzzy.ts';
import Palette from './Palette.svelte';

describe('match', () => {
  it('finds letters in their order, and nothing else', () => {
    expect(match('web/shop', 'wsh')?.at).toEqual([0, 4, 5]);
    expect(match('web/shop', 'hsw')).toBeUndefined();
  });

  it('prefers the whole word, then the beginnings of words', () => {
    const score = (text: string, typed: string) => match(text, typed)?.score ?? -Infinity;
    expect(score('gateway', 'gate')).toBeGreaterThan(score('navigate', 'gate'));
    expect(score('ci/gateway', 'cg')).toBeGreaterThan(score('coding', 'cg'));
  });
});

describe('Palette', () => {
  it('goes where the keyboard says', async () => {
    const user = userEvent.setup();
    answer({ 'GET /api/search': { hits: [], total: 0 } });
    render(Palette);
    await user.keyboard('dis');
    expect(screen.getAllByRole('option')[0]?.textContent).toContain('Disk');
    await user.keyboard('{Enter}');
    expect(router.route.place).toBe('disk');
  });

  it('finds tags that only the server knows', async () => {
    const user = userEvent.setup();
    answer({
      'GET /api/search': { hits: [{ repository: 'team/app', tag: 'v9', digest: 'sha256:00' }], total: 1 },
    });
    const { container } = render(Palette);
    await user.keyboard('app:v9');
    await user.click(await screen.findByTitle('team/app:v9'));
    expect(router.route).toMatchObject({ repository: 'team/app', reference: 'v9' });
    expect((await axe.run(container)).violations).toEqual([]);
  });

  it('says so when nothing is found', async () => {
    const user = userEvent.setup();
    answer({ 'GET /api/search': { hits: [], total: 0 } });
    render(Palette);
    await user.keyboard('zzzz');
    await screen.findByText('Nothing is called like that.');
  });

  it('says nothing of the kind while the server still looks', async () => {
    const user = userEvent.setup();
    const asked = answer({ 'GET /api/search': 'never' });
    render(Palette);
    await user.keyboard('zzzz');
    await vi.waitFor(() => expect(asked).not.toEqual([]));
    expect(screen.queryByRole('option')).toBeNull();
    expect(screen.queryByRole('status')).toBeNull();
  });
});
