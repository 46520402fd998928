import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { repositories } from '../../state/repositories.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { answer } from '../../test-answers.ts';
import Images from './Images.svelte';

const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;

const summary = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  kind: 'image',
  artifactType: null,
  platforms: ['linux/amd64'],
  parts: 1,
  size: 9_000_000,
  pushedAt: '2026-11-01T00:00:00Z',
  pulledAt: null,
  referrers: 0,
};

const trashed = (letter: string, more: object = {}) => ({
  ...summary,
  digest: digestOf(letter),
  trash: {
    digest: digestOf(letter),
    since: '2026-11-21T12:00:00Z',
    until: '2026-11-28T12:00:00Z',
    tags: ['v1'],
    replaced: false,
    pullable: false,
    ...more,
  },
});

const ANSWERS = {
  'GET /api/repositories': {
    repositories: [
      { name: 'app', tags: 1, images: 1, size: 9, exclusive: 9, trash: 2, lastPush: '', lastPull: null },
    ],
  },
  'GET /api/tags': {
    repository: 'app',
    tags: [{ ...summary, exclusive: 1, digest: digestOf('a'), tag: 'v3' }],
    attached: [
      {
        ...summary,
        exclusive: 1,
        digest: digestOf('e'),
        tag: `sha256-${'a'.repeat(64)}.sig`,
        subject: digestOf('a'),
        subjectTags: ['v3'],
      },
    ],
    untagged: [{ ...summary, exclusive: 1, digest: digestOf('b') }],
    trash: [trashed('c'), trashed('d', { tags: ['latest'], replaced: true })],
  },
  'POST /api/restore': { change: 5, digest: digestOf('c'), tags: ['v1'] },
};

beforeEach(() => {
  for (const { id } of toasts.all) toasts.dismiss(id);
});

async function setup() {
  const asked = answer(ANSWERS);
  router.go({ place: 'images', repository: 'app' });
  await repositories.resource.refresh();
  render(Images);
  await screen.findByRole('grid', { name: 'Tags of app' });
  return { asked, user: userEvent.setup() };
}

describe('the trash of a repository', () => {
  it('is out of the list and of its count, and told from what only has no tag', async () => {
    await setup();
    expect(screen.getByRole('searchbox').getAttribute('placeholder')).toBe('Search 2 images');
    expect(screen.getByText('untagged')).toBeTruthy();
    expect(screen.queryByText('v1')).toBe(null);
    expect(screen.getByRole('button', { name: '2 in the trash' })).toBeTruthy();
  });

  it('says of each what became of it and until when it stays', async () => {
    const { user } = await setup();
    await user.click(screen.getByRole('button', { name: '2 in the trash' }));
    const rows = screen.getAllByRole('row').map((row) => row.textContent.replace(/\s+/g, ' ').trim());
    expect(rows.join('\n')).toMatch(/v1 deleted.*Nov 28.*\n.*latest replaced.*Nov 28/);
    await user.click(screen.getByRole('button', { name: 'Show the tags' }));
    expect(screen.getByRole('grid', { name: 'Tags of app' })).toBeTruthy();
  });

  it('puts an image back from its row, which can be undone', async () => {
    const { asked, user } = await setup();
    await user.click(screen.getByRole('button', { name: '2 in the trash' }));
    const [first] = screen.getAllByRole('button', { name: 'Put back' });
    if (first) await user.click(first);
    await waitFor(() => expect(toasts.all[0]?.text).toBe('Put app:v1 back'));
    expect(toasts.all[0]?.action?.label).toBe('Undo');
    expect(asked.find(({ request }) => request === 'POST /api/restore')?.body).toEqual({
      repository: 'app',
      digest: digestOf('c'),
    });
  });

  it('shows what can no longer be pulled, instead of saying that it is not here', async () => {
    const { user } = await setup();
    await user.click(screen.getByRole('button', { name: '2 in the trash' }));
    await user.click(screen.getByText('deleted'));
    expect(await screen.findByText('in the trash until Nov 28')).toBeTruthy();
    expect(screen.getByText(/cannot be pulled before it is put back/)).toBeTruthy();
  });
});

describe('what is attached to images', () => {
  it('is out of the list of tags and of its count, and named with its image behind a line of its own', async () => {
    const { user } = await setup();
    expect(screen.queryByText(/^sha256-/)).toBe(null);
    await user.click(screen.getByRole('button', { name: '1 attached' }));
    const [, row] = screen.getAllByRole('row');
    expect((row ?? document.body).textContent).toMatch(/signature.*v3/);
  });
});
