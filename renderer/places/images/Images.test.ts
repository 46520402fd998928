import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { events } from '../../state/events.svelte.ts';
import { repositories } from '../../state/repositories.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { answer, type Answers } from '../../test-answers.ts';
import Images from './Images.svelte';

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
        trash: 0,
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
    attached: [],
    untagged: [],
    trash: [],
  },
  'GET /api/images': {
    ...summary,
    repository: 'app',
    tag: 'v1',
    tags: ['v1', 'v2'],
    trash: null,
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
