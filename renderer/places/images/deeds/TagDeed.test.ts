import { fireEvent, screen, within } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TagList } from '../../../../registry/api/contract.ts';
import { PAUSE_MS } from '../../../state/pause.ts';
import type { Asked } from '../../../test-answers.ts';
import { listed } from '../listed.ts';
import { ANSWERS, setup } from '../test-images.ts';
import { deeds } from './deeds.svelte.ts';

const resolveOf = ({ body }: Asked) => {
  const [reference] = (body as { references: string[] }).references;
  return {
    resolved: [{ reference, name: reference, digest: reference === 'app:v1.2' ? 'sha256:cd' : null }],
  };
};

async function begin() {
  const { asked } = await setup('v1', { ...ANSWERS, 'POST /api/resolve': resolveOf });
  await screen.findByRole('grid', { name: 'Tags of app' });
  deeds.begin('tag', 'app', listed(ANSWERS['GET /api/tags'] as TagList).images.slice(0, 1));
  const deed = within(await screen.findByRole('form', { name: 'Give app:v1 another tag' }));
  const field = deed.getByRole('combobox', { name: /^New name/ });
  const resolved = () => asked.filter(({ request }) => request === 'POST /api/resolve');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const type = async (text: string, ms: number) => {
    await fireEvent.input(field, { target: { value: text } });
    await tick();
    await vi.advanceTimersByTimeAsync(ms);
  };
  return { deed, type, resolved };
}

describe('TagDeed', () => {
  beforeEach(() => void vi.useRealTimers());
  afterEach(() => void vi.useRealTimers());

  it('asks where a name points once somebody stops typing, and only of the last', async () => {
    const { deed, type, resolved } = await begin();
    for (const text of ['app:v', 'app:v1', 'app:v1.']) await type(text, PAUSE_MS / 3);
    expect(resolved()).toEqual([]);
    await type('app:v1.2', PAUSE_MS);
    vi.useRealTimers();
    await deed.findByRole('button', { name: 'Move v1.2' });
    expect(resolved().map(({ body }) => body)).toEqual([{ references: ['app:v1.2'] }]);
  });

  it('asks again of a name that somebody comes back to', async () => {
    const { deed, type, resolved } = await begin();
    await type('app:v1.2', PAUSE_MS);
    await type('app:v1.20', PAUSE_MS / 3);
    await type('app:v1.2', PAUSE_MS);
    vi.useRealTimers();
    await deed.findByText(/app:v1\.2 points at cd now/);
    expect(resolved()).toHaveLength(2);
  });
});
