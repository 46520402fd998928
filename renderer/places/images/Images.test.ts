import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { events } from '../../state/events.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { answer } from '../../test-answers.ts';
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
});
