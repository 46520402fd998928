import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ReclaimPreview, ReclaimResult } from '../../../registry/api/contract.ts';
import { router } from '../../state/router.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { answer, failure } from '../../test-answers.ts';
import { cleanUp } from './clean-up.svelte.ts';
import CleanUp from './CleanUp.svelte';

const preview = (bytes: number): ReclaimPreview => ({
  items: [
    {
      repository: 'team/app',
      kind: 'trash',
      digest: 'sha256:0011',
      tags: ['v1', 'v1.2'],
      reason: 'deleted',
      since: '2026-11-01T00:00:00Z',
    },
  ],
  content: [
    { digest: 'sha256:0011', kind: 'manifest', bytes: 1000 },
    { digest: 'sha256:2233', kind: 'layer', bytes: bytes - 1000 },
  ],
  bytes,
  expiredUploads: 0,
  uploads: { count: 1, bytes: 3_000_000, until: '2026-11-21T14:05:00Z' },
  stays: [
    {
      reason: 'deleted',
      count: 2,
      bytes: 7_000_000,
      files: { manifest: 1, config: 0, layer: 1, blob: 0 },
    },
  ],
  trashBytes: 7_000_000,
  problems: [],
});

const result: ReclaimResult = {
  deletedLayers: 1,
  deletedConfigs: 0,
  deletedManifests: 1,
  deletedBlobs: 2,
  reclaimedBytes: 5_000_000,
  freeBefore: 10_000_000,
  freeAfter: 15_000_000,
  expiredUploads: 0,
  uploads: { count: 0, bytes: 0, until: null },
  stays: [],
  trashBytes: 0,
  problems: [],
};

const job = (more: object) => ({
  id: 'j1',
  kind: 'reclaim',
  subject: '',
  startedAt: '2026-11-20T00:00:00Z',
  endedAt: null,
  state: 'running',
  done: 1,
  total: 2,
  ...more,
});

const planned = {
  'GET /_gc': ({ query }: { query: URLSearchParams }) =>
    preview(query.get('empty-trash') === 'true' ? 12_000_000 : 5_000_000),
};

describe('CleanUp', () => {
  beforeEach(() => {
    cleanUp.close();
    for (const { id } of toasts.all) toasts.dismiss(id);
  });

  it('says what goes, why, and what that frees, before anything goes', async () => {
    const asked = answer(planned);
    cleanUp.show();
    render(CleanUp);
    const button = await screen.findByRole<HTMLButtonElement>('button', { name: 'Free 5.0 MB' });
    expect(button.disabled).toBe(false);
    screen.getByText(/2 files leave the disk for good/);
    screen.getByText('team/app:v1, v1.2');
    screen.getByText('deleted');
    screen.getByText(/2 things stay in the trash, 7.0 MB/);
    screen.getByText(
      /1 upload is under way or broken off, 3.0 MB: held until .*, in case the client goes on/,
    );
    expect(asked.map(({ request }) => request)).toEqual(['GET /_gc']);
  });

  it('says of abandoned uploads that they go, also where nothing else does', async () => {
    const asked = { ...preview(5_000_000), expiredUploads: 1 };
    answer({ 'GET /_gc': () => asked });
    cleanUp.show();
    const { unmount } = render(CleanUp);
    await screen.findByText(/2 files and 1 abandoned upload leave the disk for good/);
    unmount();
    cleanUp.close();
    answer({ 'GET /_gc': () => ({ ...asked, items: [], content: [] }) });
    cleanUp.show();
    render(CleanUp);
    await screen.findByText(/^1 abandoned upload leaves the disk/);
    await screen.findByRole('button', { name: 'Free 5.0 MB' });
  });

  it('takes the trash only when it is told to, and says so on the button', async () => {
    const user = userEvent.setup();
    const asked = answer({
      ...planned,
      'POST /api/reclaim': job({}),
      'GET /api/jobs/j1': job({ state: 'done', result }),
    });
    cleanUp.show();
    render(CleanUp);
    await user.click(await screen.findByRole('switch', { name: 'Also empty the trash' }));
    await user.click(await screen.findByRole('button', { name: 'Free 12.0 MB' }));
    expect(asked.find(({ request }) => request === 'POST /api/reclaim')?.body).toEqual({ emptyTrash: true });
  });

  it.each([
    [412_000_000_000, 412_005_000_000, '412.0 GB now, 5.0 MB more than before'],
    [412_000_000_000, 411_999_000_000, '412.0 GB now, 1.0 MB less than before'],
    [412_000_000_000, 412_000_000_000, '412.0 GB now, as much as before'],
  ])('says what was measured: %i free, then %i', async (freeBefore, freeAfter, said) => {
    const user = userEvent.setup();
    answer({
      ...planned,
      'POST /api/reclaim': job({}),
      'GET /api/jobs/j1': job({ state: 'done', result: { ...result, freeBefore, freeAfter } }),
    });
    cleanUp.show();
    render(CleanUp);
    await user.click(await screen.findByRole('button', { name: 'Free 5.0 MB' }));
    await screen.findByText(said);
    screen.getByRole('button', { name: 'Done' });
  });

  it('goes back to what would go when the deed is refused', async () => {
    const user = userEvent.setup();
    answer({ ...planned, 'POST /api/reclaim': () => failure(503, 'UNAVAILABLE', 'the disk is read-only') });
    cleanUp.show();
    render(CleanUp);
    await user.click(await screen.findByRole('button', { name: 'Free 5.0 MB' }));
    expect((await screen.findByRole('alert')).textContent).toBe('The disk is read-only.');
    screen.getByRole('button', { name: 'Free 5.0 MB' });
  });

  it('closes when another place is opened', async () => {
    answer(planned);
    router.go({ place: 'disk' });
    cleanUp.show();
    render(CleanUp);
    await screen.findByRole('button', { name: 'Free 5.0 MB' });
    router.go({ place: 'activity' });
    await waitFor(() => expect(cleanUp.open).toBe(false));
    expect(toasts.all).toEqual([]);
  });

  it('goes on when another place is opened, can be found again, and says what it freed', async () => {
    const user = userEvent.setup();
    let end: (answer: object) => void = () => undefined;
    answer({
      ...planned,
      'POST /api/reclaim': job({ id: 'j2' }),
      'GET /api/jobs/j2': () => new Promise((resolve) => (end = resolve)),
    });
    router.go({ place: 'disk' });
    cleanUp.show();
    render(CleanUp);
    await user.click(await screen.findByRole('button', { name: 'Free 5.0 MB' }));
    await screen.findByRole('button', { name: 'Go on in the background' });
    router.go({ place: 'activity' });
    await waitFor(() => expect(toasts.all[0]?.text).toBe('The clean-up goes on'));
    toasts.all[0]?.action?.run();
    await screen.findByRole('button', { name: 'Stop' });
    router.go({ place: 'images' });
    await waitFor(() => expect(cleanUp.open).toBe(false));
    end(job({ id: 'j2', state: 'done', result }));
    await waitFor(() => expect(toasts.all.at(-1)?.text).toBe('The clean-up freed 5.0 MB'));
    expect(toasts.all.filter(({ text }) => text.startsWith('The clean-up freed'))).toHaveLength(1);
  });

  it('has no violation that axe finds', async () => {
    answer(planned);
    cleanUp.show();
    const { container } = render(CleanUp);
    await screen.findByRole('button', { name: 'Free 5.0 MB' });
    expect((await axe.run(container)).violations).toEqual([]);
  });
});
