import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { events } from '../../state/events.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { answer, failure } from '../../test-answers.ts';
import { ANSWERS, DIGEST, MARKUP, setup } from './test-images.ts';

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

  it('says of a tag which others are the same image', async () => {
    await setup('v1');
    await screen.findByRole('row', { name: /^v1 the same image as v2\b/ });
    screen.getByRole('row', { name: /^v2 the same image as v1\b/ });
  });

  it('calls an attachment by what it is, and leads to what it belongs to', async () => {
    const tag = `sha256-${DIGEST.slice(7)}.sig`;
    const details = { ...(ANSWERS['GET /api/images'] as object), tag, tags: [tag], digest: 'sha256:00' };
    await setup(tag, { ...ANSWERS, 'GET /api/images': details });
    const heading = await screen.findByRole('heading', { name: 'Signature of app:v1, v2' });
    expect(within(heading).getByRole('link').getAttribute('href')).toBe('#/images/app/v1');
    screen.getByText(tag, { selector: 'header span' });
  });

  it('says of an image that is not whole what is missing', async () => {
    const gone = [
      { digest: DIGEST, kind: 'config' },
      ...Array.from({ length: 6 }, (_, at) => ({ digest: `sha256:${at}`, kind: 'layer' })),
    ];
    await setup('v1', { ...ANSWERS, 'GET /api/images/missing': { missing: gone, more: true } });
    const note = await screen.findByRole('status', { name: 'What is missing' });
    expect(note.textContent).toContain('at least 7 parts of it are missing or quarantined');
    expect(
      within(note)
        .getAllByRole('listitem')
        .map(({ textContent }) => textContent?.trim()),
    ).toHaveLength(6);
    within(note).getByText('and 2 more');
  });

  it('collapses a command of four thousand characters', async () => {
    const { user } = await setup('v1');
    await user.click(await screen.findByRole('button', { name: 'Show all 4,000 characters' }));
    expect(screen.getByText(new RegExp('x{4000}'))).toBeTruthy();
  });

  it('says why tags cannot be read, and tries again', async () => {
    const { user } = await setup('app', { 'GET /api/repositories': ANSWERS['GET /api/repositories'] });
    await screen.findByText('The tags of app could not be read');
    answer(ANSWERS);
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('grid', { name: 'Tags of app' })).toBeTruthy();
    expect(events.state).toBe('connecting');
  });

  it('says of a repository that is gone that there is none, and leads to the others', async () => {
    const gone = () => failure(404, 'NAME_UNKNOWN', 'repository name not known to registry');
    const { user } = await setup('app', { ...ANSWERS, 'GET /api/tags': gone });
    await screen.findByText('There is no repository app');
    await user.click(screen.getByRole('button', { name: 'Show all repositories' }));
    expect(router.route).toEqual({ place: 'images' });
  });

  const nowhere = () => failure(404, 'MANIFEST_UNKNOWN', 'manifest unknown');

  it('says of a tag that never was that there is none, and leads to those that are', async () => {
    const { user } = await setup('v9', { ...ANSWERS, 'GET /api/images': nowhere });
    await screen.findByRole('heading', { name: 'app has no tag v9' });
    expect(screen.queryByRole('button', { name: 'Put it back…' })).toBe(null);
    await user.click(screen.getByRole('button', { name: 'Show its other images' }));
    expect(router.route).toEqual({ place: 'images', repository: 'app' });
  });

  it('offers a tag that was deleted again', async () => {
    const event = {
      change: 4,
      time: '2026-11-01T00:00:00Z',
      repository: 'app',
      tag: 'v9',
      digest: DIGEST,
      previous: null,
      size: 9,
      previousSize: null,
      actor: {},
      restorable: true,
    };
    const { user } = await setup('v9', {
      ...ANSWERS,
      'GET /api/images': nowhere,
      'GET /api/history': { events: [{ ...event, change: 5, digest: null }, event] },
      'POST /api/restore/plan': nowhere,
    });
    await screen.findByRole('heading', { name: 'app:v9 is not here any more' });
    await user.click(screen.getByRole('button', { name: 'Put it back…' }));
    await screen.findByRole('form', { name: 'Put app:v9 back?' });
  });
});
