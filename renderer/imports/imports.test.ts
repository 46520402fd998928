import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { StagedImport } from '../../registry/api/contract.ts';
import { undo } from '../state/undo.svelte.ts';
import { answer, failure } from '../test-answers.ts';
import { imports } from './imports.svelte.ts';
import ImportPanel from './ImportPanel.svelte';

const staged: StagedImport = {
  id: 'i1',
  name: 'images.tar',
  format: 'docker archive',
  bytes: 5_000_000,
  images: [
    {
      digest: 'sha256:aaaa',
      kind: 'image',
      references: ['app:v1'],
      suggestions: [],
      platforms: ['linux/amd64'],
      layers: 3,
      size: 4_000_000,
      newBytes: 1_000_000,
      replaces: [{ reference: 'app:v1', digest: 'sha256:bbbb' }],
    },
    {
      digest: 'sha256:cccc',
      kind: 'image',
      references: [],
      suggestions: [],
      platforms: [],
      layers: 1,
      size: 1000,
      newBytes: 1000,
      replaces: [],
    },
  ],
  warnings: [],
  expiresAt: '2026-11-21T00:00:00Z',
};

/** What the server says to an archive; undefined for nothing yet. */
let reply: { status: number; response: unknown } | undefined;

class Sent extends EventTarget {
  readonly upload = new EventTarget();
  status = 0;
  response: unknown;
  responseType = '';
  open(): void {}
  setRequestHeader(): void {}
  abort(): void {
    this.dispatchEvent(new Event('abort'));
  }
  send(): void {
    this.upload.dispatchEvent(new ProgressEvent('progress', { loaded: 2_500_000 }));
    if (reply === undefined) return;
    Object.assign(this, reply);
    this.dispatchEvent(new Event('load'));
  }
}

/** Whatever points somewhere: `app:v1` at another image. */
const RESOLVED = {
  'POST /api/resolve': { resolved: [{ reference: 'app:v1', name: 'app:v1', digest: 'sha256:bbbb' }] },
};

const archive = (): File => new File(['x'.repeat(10)], 'images.tar');

describe('ImportPanel', () => {
  beforeEach(() => {
    vi.stubGlobal('XMLHttpRequest', Sent);
    for (const item of imports.items) imports.remove(item);
    imports.clear();
    reply = { status: 201, response: staged };
  });

  it('says what is inside before anything is imported', async () => {
    const asked = answer(RESOLVED);
    render(ImportPanel);
    await imports.add([archive()]);
    await screen.findByRole('button', { name: 'Import 1 image' });
    screen.getByText(/linux\/amd64 · 3 layers · 4.0 MB, 1.0 MB of it new/);
    await screen.findByText('app:v1 points at bbbb now. It moves, and can be put back.');
    expect(asked.map(({ request }) => request)).toEqual(['POST /api/resolve']);
  });

  it('imports under the names that stand there, and leaves out what has none', async () => {
    const user = userEvent.setup();
    const done = {
      state: 'done',
      result: { change: 7, images: [{ reference: 'app:v9', digest: 'sha256:aaaa' }], newBytes: 1 },
    };
    const asked = answer({
      ...RESOLVED,
      'POST /api/imports/i1': { id: 'j' },
      'GET /api/jobs/j': { id: 'j', ...done },
    });
    render(ImportPanel);
    await imports.add([archive()]);
    const field = await screen.findByRole('textbox', { name: 'Names of aaaa' });
    await user.clear(field);
    await user.type(field, 'app:v9');
    await user.click(screen.getByRole('button', { name: 'Import 1 image' }));
    const link = await screen.findByRole('link', { name: 'app:v9' });
    expect(link.getAttribute('href')).toBe('#/images/app/v9');
    expect(asked.find(({ request }) => request === 'POST /api/imports/i1')?.body).toEqual({
      images: [{ digest: 'sha256:aaaa', references: ['app:v9'] }],
    });
  });

  it('lets a name be corrected that the server does not take', async () => {
    const user = userEvent.setup();
    answer({
      'POST /api/imports/i1': () => failure(400, 'NAME_INVALID', '"App" is not a name such as app:v1'),
    });
    render(ImportPanel);
    await imports.add([archive()]);
    await user.click(await screen.findByRole('button', { name: 'Import 1 image' }));
    expect((await screen.findByRole('alert')).textContent).toContain('is not a name such as app:v1');
    screen.getByRole('button', { name: 'Import 1 image' });
  });

  it('shows what an archive is that cannot be read', async () => {
    reply = { status: 400, response: { errors: [{ code: 'X', message: 'This is not a tar archive.' }] } };
    render(ImportPanel);
    await imports.add([archive()]);
    expect((await screen.findByRole('alert')).textContent).toBe(
      'This is not a tar archive. Nothing was changed.',
    );
  });

  it('reads one archive after the other, and goes on with the next when one is stopped', async () => {
    reply = undefined;
    const user = userEvent.setup();
    render(ImportPanel);
    await imports.add([archive(), new File(['y'], 'second.tar')]);
    const [first, second] = screen.getAllByRole('article');
    expect(first?.getAttribute('aria-label')).toBe('images.tar');
    within(second as HTMLElement).getByText('Waits for the one before it.');
    reply = { status: 201, response: { ...staged, id: 'i2' } };
    await user.click(screen.getByRole('button', { name: 'Stop reading: images.tar' }));
    await screen.findByRole('button', { name: 'Import 1 image' });
    expect(imports.items.map(({ name, state }) => [name, state])).toEqual([
      ['images.tar', 'cancelled'],
      ['second.tar', 'staged'],
    ]);
  });

  it('says of what was stopped that nothing was stored, and reads it again', async () => {
    reply = undefined;
    const user = userEvent.setup();
    render(ImportPanel);
    await imports.add([archive()]);
    await user.click(await screen.findByRole('button', { name: 'Stop reading: images.tar' }));
    await screen.findByText('Stopped: nothing was stored.');
    reply = { status: 201, response: staged };
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByRole('button', { name: 'Import 1 image' });
    const asked = answer({ 'DELETE /api/imports/i1': {} });
    await user.click(screen.getByRole('button', { name: 'Discard: images.tar' }));
    await screen.findByText('Discarded: nothing was stored.');
    expect(asked.map(({ request }) => request)).toContain('DELETE /api/imports/i1');
    await user.click(screen.getByRole('button', { name: 'Remove from the list: images.tar' }));
    expect(screen.queryByRole('article')).toBe(null);
  });

  it('shows what waits in the registry, and imports it', async () => {
    const user = userEvent.setup();
    const done = { state: 'done', result: { change: 7, images: [], newBytes: 1 } };
    const asked = answer({
      'GET /api/imports': { imports: [staged] },
      'POST /api/imports/i1': { id: 'j' },
      'GET /api/jobs/j': { id: 'j', ...done },
    });
    imports.show();
    render(ImportPanel);
    await screen.findByText(/linux\/amd64 · 3 layers · 4.0 MB, 1.0 MB of it new/);
    imports.show();
    await expect.poll(() => asked.filter(({ request }) => request === 'GET /api/imports')).toHaveLength(2);
    expect(screen.getAllByRole('article')).toHaveLength(1);
    await user.click(screen.getByRole('button', { name: 'Import 1 image' }));
    await screen.findByText(/^Imported/);
  });

  it('lets go of what does not wait any more', async () => {
    answer({ 'GET /api/imports': { imports: [staged] } });
    imports.show();
    render(ImportPanel);
    await screen.findByRole('article', { name: 'images.tar' });
    answer({ 'GET /api/imports': { imports: [] } });
    imports.show();
    await expect.poll(() => screen.queryByRole('article')).toBe(null);
  });

  it('says of an import that was undone that it is gone', async () => {
    const user = userEvent.setup();
    const images = [{ reference: 'app:v1', digest: 'sha256:aaaa' }];
    const done = { state: 'done', result: { change: 7, images, newBytes: 1 } };
    answer({
      'POST /api/imports/i1': { id: 'j' },
      'GET /api/jobs/j': { id: 'j', ...done },
      'POST /api/undo': {},
    });
    render(ImportPanel);
    await imports.add([archive()]);
    const button = await screen.findByRole('button', { name: 'Import 1 image' });
    button.focus();
    await user.keyboard('{Enter}');
    const link = await screen.findByRole('link', { name: 'app:v1' });
    await expect.poll(() => document.activeElement).toBe(link);
    await undo.last();
    await screen.findByText('Undone: nothing of it is here any more.');
    expect(screen.queryByRole('link')).toBe(null);
  });

  it('imports all that wait with one click, and takes them back together', async () => {
    const user = userEvent.setup();
    const ended = (change: number) => ({ state: 'done', result: { change, images: [], newBytes: 1 } });
    const asked = answer({
      ...RESOLVED,
      'POST /api/imports/i1': { id: 'j1' },
      'POST /api/imports/i2': { id: 'j2' },
      'GET /api/jobs/j1': { id: 'j1', ...ended(7) },
      'GET /api/jobs/j2': { id: 'j2', ...ended(8) },
      'POST /api/undo': {},
    });
    render(ImportPanel);
    await imports.add([archive()]);
    expect(screen.queryByRole('button', { name: /^Import all/ })).toBe(null);
    reply = { status: 201, response: { ...staged, id: 'i2' } };
    await imports.add([new File(['y'], 'second.tar')]);
    await user.click(await screen.findByRole('button', { name: 'Import all 2' }));
    await expect.poll(() => screen.queryAllByText(/^Imported/)).toHaveLength(2);
    await undo.last();
    const undone = asked.filter(({ request }) => request === 'POST /api/undo');
    expect(undone.map(({ body }) => body)).toEqual([{ change: 8 }, { change: 7 }]);
    expect(screen.getAllByText(/^Undone/)).toHaveLength(2);
  });

  it('has no violation that axe finds', async () => {
    const { container } = render(ImportPanel);
    await imports.add([archive()]);
    await screen.findByRole('button', { name: 'Import 1 image' });
    expect((await axe.run(container)).violations).toEqual([]);
  });
});
