import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { router } from '../../../state/router.svelte.ts';
import { toasts } from '../../../state/toasts.svelte.ts';
import { answer, failure, type Asked } from '../../../test-answers.ts';
import Settings from '../Settings.svelte';
import { ruleDraft } from './rule-draft.svelte.ts';

const first = { repositories: 'ci/**', keepNewest: 3 };

const kept = {
  undoDays: 7,
  reclaimMinutes: 60,
  untaggedDays: 30,
  verifyDays: null,
  budget: null,
  reserve: null,
  retention: [first],
};

const preview = (rule: number, tags: number) => ({
  byRule: [{ rule: `retention rule ${rule}`, tags, manifests: tags, exclusive: 5_000_000 }],
  deletions: [],
  staysByReason: [],
  bytes: 0,
});

const server = {
  'GET /api/settings': kept,
  'PATCH /api/settings': ({ body }: Asked) => ({ ...kept, ...(body as object) }),
  'GET /api/retention': preview(1, 2),
  'POST /api/retention': ({ body }: Asked) => {
    const { retention } = body as { retention: { keepNewest?: unknown }[] };
    if (typeof retention.at(-1)?.keepNewest !== 'string') return preview(retention.length, 8);
    const sentence = `retention[${retention.length - 1}].keepNewest must be a whole number from 1 to 1000000.`;
    return failure(400, 'REQUEST_INVALID', sentence);
  },
};

const saves = (asked: readonly Asked[]) =>
  asked.filter(({ request }) => request === 'PATCH /api/settings').map(({ body }) => body);

async function open(): Promise<ReturnType<typeof userEvent.setup>> {
  render(Settings);
  await screen.findByRole('button', { name: 'Add a rule' });
  return userEvent.setup();
}

describe('Retention rules', () => {
  beforeEach(() => {
    ruleDraft.end();
    for (const { id } of toasts.all) toasts.dismiss(id);
    router.go({ place: 'settings', rest: ['retention'] });
  });

  it('puts a new rule into force only when it is saved, after it was said what it takes', async () => {
    const asked = answer(server);
    const user = await open();
    await user.click(screen.getByRole('button', { name: 'Add a rule' }));
    const form = within(screen.getByRole('form', { name: 'New rule' }));
    const save = form.getByRole<HTMLButtonElement>('button', { name: 'Save' });
    expect(save.disabled).toBe(true);
    await user.type(form.getByRole('textbox', { name: 'Repositories' }), 'web/**');
    await user.type(form.getByRole('textbox', { name: 'Keep the newest' }), '10');
    await form.findByText(/Would take 8 tags, 5.0 MB\./);
    expect(saves(asked)).toEqual([]);
    await user.click(save);
    const rule = { repositories: 'web/**', keepNewest: 10 };
    expect(saves(asked)).toEqual([{ retention: [first, rule] }]);
    expect(screen.queryByRole('form')).toBeNull();
    expect(toasts.all.at(-1)?.action?.label).toBe('Undo');
  });

  it('changes nothing when it is cancelled', async () => {
    const asked = answer(server);
    const user = await open();
    await user.click(screen.getByRole('button', { name: 'Change rule 1' }));
    const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'Keep the newest' });
    expect(field.value).toBe('3');
    await user.clear(field);
    await user.type(field, '1');
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(saves(asked)).toEqual([]);
    screen.getByText('Of all tags, the newest 3 stay; the others go.');
  });

  it('says at its field what is wrong, and no longer when it is right', async () => {
    answer(server);
    const user = await open();
    await user.click(screen.getByRole('button', { name: 'Change rule 1' }));
    const field = screen.getByRole('textbox', { name: 'Keep the newest' });
    await user.clear(field);
    await user.type(field, 'x');
    await screen.findByText('It must be a whole number from 1 to 1000000.');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Save' }).disabled).toBe(true);
    expect(screen.queryByText(/Would take/)).toBeNull();
    await user.clear(field);
    await user.type(field, '4');
    await screen.findByText(/Would take 8 tags/);
    expect(field.getAttribute('aria-invalid')).toBeNull();
    expect(screen.queryByText(/It must be/)).toBeNull();
  });

  it('keeps a draft while one looks at something else, and says that it is not saved', async () => {
    const asked = answer(server);
    const user = await open();
    await user.click(screen.getByRole('button', { name: 'Add a rule' }));
    await user.type(screen.getByRole('textbox', { name: 'Repositories' }), 'web/**');
    router.go({ place: 'settings' });
    await expect.poll(() => toasts.all.at(-1)?.text).toMatch(/^A retention rule is not saved yet/);
    toasts.all.at(-1)?.action?.run();
    const field = await screen.findByRole<HTMLInputElement>('textbox', { name: 'Repositories' });
    expect(field.value).toBe('web/**');
    expect(saves(asked)).toEqual([]);
  });

  it('has no violation that axe finds while a rule is written', async () => {
    answer(server);
    const { container } = render(Settings);
    await userEvent.setup().click(await screen.findByRole('button', { name: 'Add a rule' }));
    expect((await axe.run(container)).violations).toEqual([]);
  });
});
