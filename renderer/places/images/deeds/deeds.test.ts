import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TagList } from '../../../../registry/api/contract.ts';
import { formatMoment } from '../../../components/format.ts';
import { keys } from '../../../state/keys.svelte.ts';
import { router } from '../../../state/router.svelte.ts';
import { toasts } from '../../../state/toasts.svelte.ts';
import { failure } from '../../../test-answers.ts';
import { listed } from '../listed.ts';
import { ANSWERS, DIGEST, setup } from '../test-images.ts';
import { deeds } from './deeds.svelte.ts';

beforeEach(() => {
  for (const { id } of toasts.all) toasts.dismiss(id);
});

describe('deeds', () => {
  it('says what a deletion does before, and takes it back after', async () => {
    const { asked, user } = await setup('v1');
    (await screen.findByRole('grid', { name: 'Tags of app' })).focus();
    await user.keyboard('{Delete}');
    const deed = await screen.findByRole('form', { name: 'Delete app:v1?' });
    expect(within(deed).getByText(/Frees 1.0 MB once it can no longer be undone/)).toBeTruthy();
    expect(asked.some(({ request }) => request === 'POST /api/deletions')).toBe(false);
    await user.keyboard('{Enter}');
    await waitFor(() => expect(toasts.all[0]?.text).toBe('Deleted app:v1'));
    expect(asked.find(({ request }) => request === 'POST /api/deletions')?.body).toEqual({
      references: [{ repository: 'app', reference: 'v1' }],
    });
    toasts.all[0]?.action?.run();
    await waitFor(() =>
      expect(asked.at(-1)).toMatchObject({ request: 'POST /api/undo', body: { change: 12 } }),
    );
  });

  it('deletes what is not protected, and says what stays', async () => {
    const { asked, user } = await setup('v1', {
      ...ANSWERS,
      'POST /api/deletions/plan': {
        ...(ANSWERS['POST /api/deletions/plan'] as object),
        refused: [{ reference: 'app:v2', reason: 'The tag app:v2 is protected.' }],
      },
    });
    (await screen.findByRole('grid', { name: 'Tags of app' })).focus();
    await user.keyboard('{Control>}a{/Control}{Delete}');
    await screen.findByText('The tag app:v2 is protected.');
    await user.click(screen.getByRole('button', { name: 'Delete 1 tag' }));
    await waitFor(() =>
      expect(asked.find(({ request }) => request === 'POST /api/deletions')?.body).toEqual({
        references: [{ repository: 'app', reference: 'v1' }],
      }),
    );
  });

  it('says what a protection does before, and takes it back after', async () => {
    const stays = { stays: true, reason: 'it is protected' };
    const { asked, user } = await setup('v1', {
      ...ANSWERS,
      'GET /api/settings': { budget: null },
      'POST /api/tags/plan': {
        tags: [
          { tag: 'v1', before: { stays: false, reason: 'retention rule 1 (app): too old' }, after: stays },
          { tag: 'v2', before: { stays: true, reason: 'no retention rule matches it' }, after: stays },
        ],
        others: [],
      },
      'PATCH /api/tags': { change: 12, tags: 2 },
    });
    (await screen.findByRole('grid', { name: 'Tags of app' })).focus();
    await user.keyboard('{Control>}a{/Control}');
    await user.click(await screen.findByRole('button', { name: 'Protect…' }));
    const deed = await screen.findByRole('form', { name: 'Protect 2 tags?' });
    expect(within(deed).getByText(/No push moves them, nobody deletes them/)).toBeTruthy();
    expect(
      await within(deed).findByText('stays, and would go: retention rule 1 (app): too old'),
    ).toBeTruthy();
    expect(asked.some(({ request }) => request === 'PATCH /api/tags')).toBe(false);
    await user.keyboard('{Enter}');
    await waitFor(() => expect(toasts.all[0]?.text).toBe('Protected 2 tags'));
    expect(asked.find(({ request }) => request === 'PATCH /api/tags')?.body).toEqual({
      tags: ['v1', 'v2'],
      protected: true,
    });
    toasts.all[0]?.action?.run();
    await waitFor(() =>
      expect(asked.at(-1)).toMatchObject({ request: 'POST /api/undo', body: { change: 12 } }),
    );
  });

  it('says what takes a tag that is not protected any more', async () => {
    const tags = ANSWERS['GET /api/tags'] as TagList;
    const after = { stays: false, reason: 'retention rule 1 (app): it is not the newest tag' };
    const { user } = await setup('v1', {
      ...ANSWERS,
      'GET /api/settings': { budget: 1 },
      'GET /api/tags': {
        ...tags,
        tags: tags.tags.map((each) => Object.assign({}, each, { protected: true })),
      },
      'POST /api/tags/plan': {
        tags: ['v1', 'v2'].map((tag) => ({ tag, before: { stays: true, reason: 'it is protected' }, after })),
        others: [],
      },
    });
    (await screen.findByRole('grid', { name: 'Tags of app' })).focus();
    await user.keyboard('{Control>}a{/Control}');
    await user.click(await screen.findByRole('button', { name: 'Unprotect…' }));
    const deed = await screen.findByRole('form', { name: 'Unprotect 2 tags?' });
    expect(await within(deed).findByText(`goes: ${after.reason}`)).toBeTruthy();
    expect(
      await within(deed).findByText(/they can be deleted\. When the budget is used up, they can go for good/),
    ).toBeTruthy();
    expect(within(deed).getByRole('button', { name: 'Unprotect 2 tags' })).toBe(document.activeElement);
  });

  it('lets tags expire in one change, from the first choice on', async () => {
    const { asked, user } = await setup('v1', {
      ...ANSWERS,
      'GET /api/settings': { undoDays: 7, reclaimMinutes: 60 },
      'PATCH /api/tags': { change: 12, tags: 2 },
    });
    await screen.findByRole('grid', { name: 'Tags of app' });
    deeds.begin('expire', 'app', listed(ANSWERS['GET /api/tags'] as TagList).images);
    const deed = await screen.findByRole('form', { name: 'When do 2 tags expire?' });
    expect(document.activeElement).toBe(within(deed).getByRole('radio', { name: 'In a day' }));
    expect(
      await within(deed).findByText(/They go to the trash, and can be put back for 7 days/),
    ).toBeTruthy();
    const [goes] = within(deed).getAllByRole('definition');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.queryByRole('form')).toBe(null));
    const { body } = asked.find(({ request }) => request === 'PATCH /api/tags') ?? {};
    expect(body).toEqual({ tags: ['v1', 'v2'], expiresAt: expect.any(String) });
    expect(goes?.textContent).toBe(
      `goes ${formatMoment((body as { expiresAt: string }).expiresAt, Date.now())}`,
    );
  });

  it('lets a tag expire on a date that is to come, and on no other', async () => {
    const { asked, user } = await setup('v1', { ...ANSWERS, 'PATCH /api/tags': { change: 12, tags: 1 } });
    await screen.findByRole('grid', { name: 'Tags of app' });
    deeds.begin('expire', 'app', listed(ANSWERS['GET /api/tags'] as TagList).images.slice(0, 1));
    await user.click(await screen.findByRole('radio', { name: 'On a date' }));
    const field = screen.getByLabelText('Date and time');
    await fireEvent.input(field, { target: { value: '2020-01-01T10:00' } });
    expect(screen.getByText('That is over. Give a time to come.')).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Expire then' }).disabled).toBe(true);
    await fireEvent.input(field, { target: { value: '2100-01-31T10:00' } });
    await user.click(screen.getByRole('button', { name: 'Expire then' }));
    await waitFor(() =>
      expect(asked.find(({ request }) => request === 'PATCH /api/tags')?.body).toEqual({
        tags: ['v1'],
        expiresAt: new Date('2100-01-31T10:00').toISOString(),
      }),
    );
  });

  it('says where a tag goes back to, before it does, and takes it back after', async () => {
    const OLD = `sha256:${'cd'.repeat(32)}`;
    const moved = (change: number, digest: string) => ({
      change,
      time: `2026-11-0${change}T00:00:00Z`,
      repository: 'app',
      tag: 'v1',
      digest,
      previous: null,
      size: 9_000_000,
      previousSize: null,
      actor: {},
      restorable: true,
    });
    const { asked, user } = await setup('v1', {
      ...ANSWERS,
      'GET /api/history': { events: [moved(2, DIGEST), moved(1, OLD)] },
      'POST /api/restore/plan': {
        repository: 'app',
        tag: 'v1',
        from: { digest: DIGEST, pushedAt: '2026-11-02T00:00:00Z', size: 9_000_000 },
        to: { digest: OLD, pushedAt: '2026-11-01T00:00:00Z', size: 8_000_000 },
        untaggedUntil: '2026-11-28T00:00:00Z',
        restored: 1,
        attached: [],
      },
      'POST /api/restore': { change: 12, digest: OLD },
    });
    const [first] = await screen.findAllByRole('radio', { name: /8.0 MB|9.0 MB/ });
    if (first) await user.click(first);
    await user.click(await screen.findByRole('button', { name: 'Put back…' }));
    const deed = await screen.findByRole('form', { name: 'Put app:v1 back?' });
    expect(await within(deed).findByRole('row', { name: /^Now abababababab .* 9.0 MB$/ })).toBeTruthy();
    expect(within(deed).getByRole('row', { name: /^Then cdcdcdcdcdcd .* 8.0 MB$/ })).toBeTruthy();
    expect(within(deed).getByText(/becomes untagged, and can be put back until/)).toBeTruthy();
    expect(asked.some(({ request }) => request === 'POST /api/restore')).toBe(false);
    await user.keyboard('{Enter}');
    await waitFor(() => expect(toasts.all[0]?.text).toBe('Put app:v1 back'));
    toasts.all[0]?.action?.run();
    await waitFor(() =>
      expect(asked.at(-1)).toMatchObject({ request: 'POST /api/undo', body: { change: 12 } }),
    );
  });

  it('leaves everything as it is when a deed is left', async () => {
    const { asked, user } = await setup('v1');
    const end = keys.follow();
    (await screen.findByRole('grid', { name: 'Tags of app' })).focus();
    await user.keyboard('{Delete}');
    await screen.findByRole('form');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('form')).toBe(null));
    end();
    expect(asked.some(({ request }) => request === 'POST /api/deletions')).toBe(false);
  });

  it('leaves a deed when another image is opened', async () => {
    const { asked } = await setup('v1');
    await screen.findByRole('grid', { name: 'Tags of app' });
    deeds.begin('delete', 'app', listed(ANSWERS['GET /api/tags'] as TagList).images.slice(0, 1));
    await screen.findByRole('form', { name: 'Delete app:v1?' });
    router.go({ place: 'images', repository: 'app', reference: 'v2' });
    await waitFor(() => expect(screen.queryByRole('form')).toBe(null));
    expect(asked.some(({ request }) => request === 'POST /api/deletions')).toBe(false);
  });

  it('keeps a deed that is being done, and says why it failed', async () => {
    let fail: (answer: Response) => void = () => undefined;
    const { user } = await setup('v1', {
      ...ANSWERS,
      'POST /api/deletions': () => new Promise<Response>((resolve) => (fail = resolve)),
    });
    await screen.findByRole('grid', { name: 'Tags of app' });
    deeds.begin('delete', 'app', listed(ANSWERS['GET /api/tags'] as TagList).images.slice(0, 1));
    await user.click(await screen.findByRole('button', { name: 'Delete 1 tag' }));
    router.go({ place: 'images', repository: 'app', reference: 'v2' });
    fail(failure(403, 'DENIED', 'the disk is read-only'));
    expect(await screen.findByText('The disk is read-only.')).toBeTruthy();
  });
});
