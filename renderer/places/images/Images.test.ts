import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TagList } from '../../../registry/api/contract.ts';
import { formatExact } from '../../components/format.ts';
import { events } from '../../state/events.svelte.ts';
import { repositories } from '../../state/repositories.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { answer, type Answers } from '../../test-answers.ts';
import { protect } from './actions.ts';
import { deeds } from './deeds/deeds.svelte.ts';
import Images from './Images.svelte';
import { listed } from './listed.ts';

const MARKUP = '<img src=x onerror="throw 1"><b>bold</b>';
const DIGEST = `sha256:${'ab'.repeat(32)}`;

const summary = {
  digest: DIGEST,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  kind: 'image',
  artifactType: null,
  platforms: ['linux/amd64'],
  parts: 1,
  size: 9_000_000,
  exclusive: 1_000_000,
  pushedAt: '2026-11-01T00:00:00Z',
  pulledAt: null,
  referrers: 0,
  protected: false,
  protectedBy: null,
  expiresAt: null,
};

const step = (createdBy: string, layer: number | null) => ({ createdBy, created: null, comment: '', layer });

const ANSWERS: Answers = {
  'GET /api/repositories': {
    repositories: [
      {
        name: 'app',
        tags: 2,
        images: 1,
        size: 9,
        exclusive: 9,
        lastPush: '2026-11-01T00:00:00Z',
        lastPull: null,
      },
    ],
  },
  'GET /api/tags': {
    repository: 'app',
    tags: [
      { ...summary, tag: 'v1' },
      { ...summary, tag: 'v2' },
    ],
    untagged: [],
  },
  'GET /api/images': {
    ...summary,
    repository: 'app',
    tag: 'v1',
    tags: ['v1', 'v2'],
    pushedBy: { client: 'docker/27' },
    manifestSize: 400,
    annotations: { [MARKUP]: MARKUP },
    subject: null,
    manifests: [],
    referrersList: [],
    sharedWith: [],
  },
  'GET /api/images/platform': {
    digest: DIGEST,
    mediaType: '',
    platform: 'linux/amd64',
    created: null,
    author: null,
    config: {
      user: '',
      workingDir: '',
      entrypoint: [],
      cmd: [MARKUP],
      env: [],
      exposedPorts: [],
      volumes: [],
      labels: {},
      stopSignal: '',
    },
    history: [step(MARKUP, 0), step(`RUN ${'x'.repeat(4000)}`, null)],
    layers: [
      {
        digest: DIGEST,
        diffId: null,
        mediaType: '',
        size: 9_000_000,
        createdBy: MARKUP,
        usedBy: 2,
        present: true,
      },
    ],
  },
  'GET /api/history': { events: [] },
  'POST /api/deletions/plan': {
    tags: [{ repository: 'app', tag: 'v1', digest: DIGEST }],
    manifests: 1,
    attached: [],
    bytes: 1_000_000,
    restorableUntil: '2026-11-28T00:00:00Z',
    refused: [],
  },
  'POST /api/deletions': { change: 12, tags: 1, manifests: 1 },
  'POST /api/undo': { change: 13, undone: 12, summary: '' },
};

beforeEach(() => {
  for (const { id } of toasts.all) toasts.dismiss(id);
});

async function setup(hash: string, answers: Answers = ANSWERS) {
  const asked = answer(answers);
  router.go({
    place: 'images',
    ...(hash === '' ? {} : { repository: 'app', ...(hash === 'app' ? {} : { reference: hash }) }),
  });
  await repositories.resource.refresh();
  const { container } = render(Images);
  return { asked, container, user: userEvent.setup() };
}

describe('Images', () => {
  it('teaches where the registry is empty', async () => {
    await setup('', { 'GET /api/repositories': { repositories: [] } });
    expect(screen.getByText('docker push localhost:5080/hello')).toBeTruthy();
    expect(screen.getByText('Waiting for the first push')).toBeTruthy();
  });

  it('shows repositories, and opens one with Enter', async () => {
    const { user } = await setup('');
    screen.getByRole('grid', { name: 'Repositories' }).focus();
    await user.keyboard('{ArrowDown}{Enter}');
    expect(router.route).toEqual({ place: 'images', repository: 'app' });
    expect(await screen.findByRole('grid', { name: 'Tags of app' })).toBeTruthy();
  });

  it('shows strings of an image as text', async () => {
    const { container } = await setup('v1');
    await waitFor(() => expect(screen.getAllByText(MARKUP)).toHaveLength(3));
    expect(container.querySelector('img')).toBe(null);
  });

  it('collapses a command of four thousand characters', async () => {
    const { user } = await setup('v1');
    await user.click(await screen.findByRole('button', { name: 'Show all 4,000 characters' }));
    expect(screen.getByText(new RegExp('x{4000}'))).toBeTruthy();
  });

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

  it('protects several tags in one change, which one undo takes back', async () => {
    const { asked } = await setup('app', {
      ...ANSWERS,
      'PATCH /api/tags': { change: 12, tags: 2 },
    });
    const tags = listed(ANSWERS['GET /api/tags'] as TagList);
    await protect('app', tags, true);
    expect(asked.at(-1)).toMatchObject({
      request: 'PATCH /api/tags',
      body: { tags: ['v1', 'v2'], protected: true },
    });
    expect(toasts.all[0]?.text).toBe('Protected 2 tags: nothing overwrites or deletes them');
    toasts.all[0]?.action?.run();
    await waitFor(() =>
      expect(asked.at(-1)).toMatchObject({ request: 'POST /api/undo', body: { change: 12 } }),
    );
  });

  it('lets tags expire in one change, from the first choice on', async () => {
    const { asked, user } = await setup('v1', {
      ...ANSWERS,
      'GET /api/settings': { undoDays: 7, reclaimMinutes: 60 },
      'PATCH /api/tags': { change: 12, tags: 2 },
    });
    await screen.findByRole('grid', { name: 'Tags of app' });
    deeds.begin('expire', 'app', listed(ANSWERS['GET /api/tags'] as TagList));
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
    expect(goes?.textContent).toBe(`goes ${formatExact((body as { expiresAt: string }).expiresAt)}`);
  });

  it('lets a tag expire on a date that is to come, and on no other', async () => {
    const { asked, user } = await setup('v1', { ...ANSWERS, 'PATCH /api/tags': { change: 12, tags: 1 } });
    await screen.findByRole('grid', { name: 'Tags of app' });
    deeds.begin('expire', 'app', listed(ANSWERS['GET /api/tags'] as TagList).slice(0, 1));
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
    (await screen.findByRole('grid', { name: 'Tags of app' })).focus();
    await user.keyboard('{Delete}');
    await screen.findByRole('form');
    await user.keyboard('{Escape}');
    expect(screen.queryByRole('form')).toBe(null);
    expect(asked.some(({ request }) => request === 'POST /api/deletions')).toBe(false);
  });

  it('says why tags cannot be read, and tries again', async () => {
    const { user } = await setup('app', { 'GET /api/repositories': ANSWERS['GET /api/repositories'] });
    await screen.findByText('The tags of app could not be read');
    answer(ANSWERS);
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('grid', { name: 'Tags of app' })).toBeTruthy();
    expect(events.state).toBe('connecting');
  });
});
