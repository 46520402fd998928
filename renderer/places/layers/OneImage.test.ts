import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import type { FileEntry, FilesRead, Job, LayerSummary } from '../../../registry/api/contract.ts';
import { keys } from '../../state/keys.svelte.ts';
import { answer, failure, type Asked } from '../../test-answers.ts';
import OneImage from './OneImage.svelte';

const layer = (digest: string, size: number): LayerSummary => ({
  digest,
  diffId: null,
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  size,
  createdBy: `RUN echo ${digest}`,
  usedBy: 1,
  present: true,
});

const entry = (path: string, more: Partial<FileEntry> = {}): FileEntry => ({
  path,
  name: path.split('/').at(-1) ?? '',
  type: 'file',
  change: 'unchanged',
  size: 1000,
  mode: 0o644,
  uid: 0,
  gid: 0,
  modifiedAt: '2026-11-01T00:00:00Z',
  target: null,
  layer: 0,
  changesBelow: 0,
  children: 0,
  ...more,
});

const FOLDERS: Readonly<Record<string, readonly FileEntry[]>> = {
  '/': [
    entry('/etc', { type: 'folder', size: 5000, changesBelow: 1 }),
    entry('/bin', { type: 'folder', size: 9000 }),
    entry('/README', { change: 'added' }),
  ],
  '/etc': [entry('/etc/passwd', { change: 'modified' }), entry('/etc/hosts')],
};

const read: FilesRead = {
  layers: [
    { digest: 'sha256:00', size: 9000, added: 12, modified: 0, removed: 0, wasted: 2_000_000, problem: null },
    {
      digest: 'sha256:11',
      size: 0,
      added: 0,
      modified: 0,
      removed: 0,
      wasted: 0,
      problem: 'It is encrypted.',
    },
  ],
};

const job = (more: Partial<Job>): Job => ({
  id: 'r1',
  kind: 'read files',
  subject: 'team/app',
  state: 'done',
  startedAt: '2026-11-20T00:00:00Z',
  endedAt: null,
  done: 0,
  total: 0,
  ...more,
});

const server = {
  'GET /api/images/platform': {
    digest: 'sha256:aa',
    mediaType: '',
    platform: 'linux/amd64',
    created: null,
    author: null,
    config: null,
    history: [],
    layers: [layer('sha256:00', 4_000_000), layer('sha256:11', 1_000_000)],
  },
  'POST /api/files/read': job({ result: read }),
  'GET /api/files': ({ query }: Asked) => {
    const path = query.get('path') ?? '/';
    return { path, entries: FOLDERS[path] ?? [], truncated: false };
  },
};

const props = { repository: 'team/app', digest: 'sha256:aa' };

describe('OneImage', () => {
  it('shows the layers and the files of the finished image', async () => {
    answer(server);
    render(OneImage, props);
    await screen.findByRole('treeitem', { name: /README added 1.0 kB/ });
    screen.getByText('2.0 MB wasted', { selector: '.counts span' });
    screen.getByText('It is encrypted.');
  });

  it('reads a folder when it is opened, and moves with the arrows like a tree', async () => {
    const user = userEvent.setup();
    const asked = answer(server);
    render(OneImage, props);
    const tree = await screen.findByRole('tree', { name: 'Files' });
    tree.focus();
    await user.keyboard('{Home}{ArrowRight}');
    const passwd = await screen.findByRole('treeitem', { name: /passwd modified 1.0 kB/ });
    expect(passwd.getAttribute('aria-level')).toBe('2');
    await user.keyboard('{ArrowRight}{ArrowRight}{ArrowLeft}{ArrowLeft}');
    expect(screen.queryByRole('treeitem', { name: /passwd/ })).toBeNull();
    expect(asked.filter(({ query }) => query.get('path') === '/etc')).toHaveLength(1);
  });

  it('shows the details of the file that was clicked last', async () => {
    const user = userEvent.setup();
    answer(server);
    render(OneImage, props);
    await user.click(await screen.findByRole('treeitem', { name: /bin/ }));
    await user.click(screen.getByRole('treeitem', { name: /README/ }));
    await screen.findByText('/README');
    expect(screen.getByRole('link', { name: 'Download' }).getAttribute('href')).toContain('path=%2FREADME');
  });

  it('lists what is wasted, and shows it as it was before it was hidden', async () => {
    const user = userEvent.setup();
    const asked = answer({
      ...server,
      'GET /api/files/wasted': {
        entries: [
          { ...entry('/var/cache/big', { change: 'removed', size: 1_900_000 }), by: 1 },
          { ...entry('/etc/hosts', { change: 'modified', size: 90_000 }), by: 1 },
        ],
        total: 2,
        bytes: 1_990_000,
      },
    });
    render(OneImage, props);
    await user.click(await screen.findByRole('button', { name: '2.0 MB wasted' }));
    await user.click(await screen.findByRole('row', { name: /big 1.9 MB layer 1 removed by 2/ }));
    screen.getByRole('row', { name: /hosts 90.0 kB layer 1 replaced by 2/ });
    screen.getByText(/10.0 kB more were written twice/);
    const download = await screen.findByRole('link', { name: 'Download' });
    expect(download.getAttribute('href')).toContain('layer=0&path=%2Fvar%2Fcache%2Fbig');
    await user.click(screen.getByText('2.0 MB wasted', { selector: '.counts span' }));
    await expect.poll(() => asked.at(-1)?.query.get('layer')).toBe('0');
    await user.click(screen.getByRole('radio', { name: 'Merged' }));
    await screen.findByRole('treeitem', { name: /README/ });
    expect(screen.queryByRole('link', { name: 'Download' })).toBeNull();
  });

  it('shows what is in a file with a key, and takes it away with Escape', async () => {
    const user = userEvent.setup();
    const end = keys.follow();
    answer({ ...server, 'GET /api/files/content': () => new Response('<b>hello</b>\n') });
    render(OneImage, props);
    const tree = await screen.findByRole('tree', { name: 'Files' });
    tree.focus();
    await user.keyboard('{End} ');
    const content = await screen.findByRole('region', { name: 'What is in /README' });
    await within(content).findByText('<b>hello</b>');
    await user.keyboard('{Escape}');
    await expect.poll(() => screen.queryByRole('region')).toBeNull();
    end();
  });

  it('leaves out what a layer did not touch', async () => {
    const user = userEvent.setup();
    const asked = answer(server);
    render(OneImage, props);
    await user.click(await screen.findByText('RUN echo sha256:00'));
    await user.click(await screen.findByRole('checkbox', { name: 'Changes only' }));
    await screen.findByRole('treeitem', { name: /README/ });
    await expect.poll(() => screen.queryByRole('treeitem', { name: /bin/ })).toBeNull();
    expect(asked.at(-1)?.query.get('layer')).toBe('0');
  });

  it('reads the layers again when the server has forgotten them', async () => {
    let forgotten = true;
    const asked = answer({
      ...server,
      'GET /api/files': (one: Asked) => {
        if (!forgotten) return server['GET /api/files'](one);
        forgotten = false;
        return failure(409, 'CONFLICT', 'its files were not read');
      },
    });
    render(OneImage, props);
    await expect.poll(() => asked.filter(({ request }) => request === 'POST /api/files/read').length).toBe(2);
    await screen.findByRole('treeitem', { name: /README/ });
  });

  it('can be stopped while it reads', async () => {
    const user = userEvent.setup();
    let stop: (stopped: Job) => void = () => undefined;
    const stopped = new Promise<Job>((resolve) => (stop = resolve));
    const running = { state: 'running', done: 1_000_000, total: 5_000_000 } as const;
    answer({
      ...server,
      'POST /api/files/read': job(running),
      'GET /api/jobs/r1': () => stopped,
      'DELETE /api/jobs/r1': () => {
        stop(job({ state: 'cancelled' }));
        return stopped;
      },
    });
    render(OneImage, props);
    await user.click(await screen.findByRole('button', { name: 'Stop' }));
    await screen.findByRole('button', { name: 'Read the files' });
  });

  it('has no violation that axe finds', async () => {
    answer(server);
    const { container } = render(OneImage, props);
    await screen.findByRole('treeitem', { name: /README/ });
    expect((await axe.run(container)).violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  });
});
