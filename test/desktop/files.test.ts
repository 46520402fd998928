import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import type { FileJob } from '../../main/bridge.ts';
import { imageOf, writeLayout, type PlatformImage } from '../clients/image.ts';
import { Repository } from '../clients/repository.ts';
import { tar } from '../clients/tar.ts';
import { until } from '../clients/until.ts';
import { createWorkspace } from '../clients/workspace.ts';
import { Desktop, describeDesktop, type BerthWindow } from './desktop.ts';
import { dropFiles } from './drop.ts';

describeDesktop('files that are opened with the app', () => {
  const workspace = createWorkspace('files');
  let desktop: Desktop;
  let page: Page;
  let first: { path: string; image: PlatformImage };

  beforeAll(async () => {
    first = archive('first', 'given:v1');
    desktop = await Desktop.start({ args: [first.path] });
    page = await desktop.page();
  });
  afterAll(async () => {
    await desktop.dispose();
    workspace.remove();
  });

  /** An OCI layout in a tar, as skopeo and podman write it. */
  function archive(name: string, reference: string): { path: string; image: PlatformImage } {
    const image = imageOf();
    const layout = writeLayout(workspace.folder(`${name}-layout`), { [reference]: image });
    const names = ['oci-layout', 'index.json', ...[image, ...image.blobs].map(blobPath)];
    const files = names.map((file) => ({ name: file, content: readFileSync(join(layout, file)) }));
    return { path: workspace.file(`${name}.tar`, tar(files)), image };
  }

  const blobPath = ({ digest }: { digest: string }): string => `blobs/${digest.replace(':', '/')}`;
  const arrives = (repository: string, image: PlatformImage): Promise<unknown> =>
    until(`${repository} is in the registry`, async () => {
      const answer = await new Repository(desktop.registry, repository).headManifest('v1');
      return answer.headers['docker-content-digest'] === image.digest;
    });
  const jobs = (): Promise<readonly FileJob[]> =>
    page.evaluate(() => (globalThis as unknown as BerthWindow).berth.files.list());
  const jobOf = (name: string, state: FileJob['state']): Promise<FileJob> =>
    until(`${name} is ${state}`, async () =>
      (await jobs()).find((job) => job.name === name && job.state === state),
    );

  const told = async (): Promise<readonly string[]> =>
    (await desktop.shown('notification')).map(({ args }) => (args[0] as { title: string }).title);

  it('are imported when the command line names them', async () => {
    await arrives('given', first.image);
    const job = await jobOf('first.tar', 'done');
    expect(job.result?.images).toEqual([{ reference: 'given:v1', digest: first.image.digest }]);
    expect(await told()).toContain('Imported first.tar');
  });

  it('are imported when a second start names them, which then ends and shows the window', async () => {
    const { path, image } = archive('second', 'second:v1');
    await desktop.closeWindow();
    expect((await desktop.startAndEnd([path])).code).toBe(0);
    await arrives('second', image);
    expect(await desktop.isVisible()).toBe(true);
  });

  it('are imported when a desktop names them as addresses, and nothing else of the command line is', async () => {
    const { path, image } = archive('with space', 'spaced:v1');
    const words = [pathToFileURL(path).href, 'file://elsewhere/share/x.tar', '--switch'];
    await desktop.startAndEnd(words);
    await arrives('spaced', image);
    expect((await jobs()).map(({ name }) => name)).toEqual(['first.tar', 'second.tar', 'with space.tar']);
  });

  it('are imported when the system opens them', async () => {
    const { path, image } = archive('third', 'third:v1');
    await desktop.app.evaluate(({ app }, file) => {
      app.emit('open-file', { preventDefault: () => undefined }, file);
    }, path);
    await arrives('third', image);
  });

  it('are imported when they are dropped on the tray, and what is no archive says why', async () => {
    const { path, image } = archive('on-tray', 'tray:v1');
    await desktop.dropOnTray([workspace.file('letter.tar', 'dear reader'), path]);
    await arrives('tray', image);
    await jobOf('on-tray.tar', 'done');
    expect((await jobOf('letter.tar', 'failed')).error).toMatch(/\.$/);
    expect(await told()).toEqual(
      expect.arrayContaining(['Could not import letter.tar', 'Imported on-tray.tar']),
    );
  });

  it('say why when a second start names what is no archive', async () => {
    await desktop.startAndEnd([workspace.file('song.tar', 'la la')]);
    await jobOf('song.tar', 'failed');
    expect(await told()).toContain('Could not import song.tar');
  });

  it('wait for a look when they would take a tag from another image', async () => {
    const { path } = archive('again', 'given:v1');
    await page.evaluate(() => {
      const heard: unknown[] = [];
      Object.assign(globalThis, { heard });
      (globalThis as unknown as BerthWindow).berth.onCommand((command) => heard.push(command));
    });
    await desktop.app.evaluate(({ app }, file) => {
      app.emit('open-file', { preventDefault: () => undefined }, file);
    }, path);
    const job = await jobOf('again.tar', 'staged');
    expect(job.staged?.images[0]?.replaces).toEqual([{ reference: 'given:v1', digest: first.image.digest }]);
    await until('the window is told', () =>
      page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard.length > 0),
    );
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard);
    expect(heard).toEqual([{ command: 'review import', job: job.id }]);
    await new Repository(desktop.registry, 'given').expectWhole('v1', first.image);
  });

  it('say why when they are no archives', async () => {
    const path = workspace.file('holiday.tar', 'not a tar at all');
    await desktop.app.evaluate(({ app }, file) => {
      app.emit('open-file', { preventDefault: () => undefined }, file);
    }, path);
    const job = await jobOf('holiday.tar', 'failed');
    expect(job.error).toMatch(/\.$/);
    expect(await told()).toContain('Could not import holiday.tar');
  });

  it('are read where they lie when they are dropped on the page', async () => {
    const { path } = archive('dropped', 'dropped:v1');
    const staged = page.evaluate(
      () =>
        new Promise<FileJob>((settle) => {
          const { berth } = globalThis as unknown as BerthWindow;
          const target = globalThis as unknown as EventTarget;
          target.addEventListener('dragover', (event) => event.preventDefault(), true);
          target.addEventListener(
            'drop',
            (event) => {
              event.preventDefault();
              event.stopPropagation();
              const { dataTransfer } = event as unknown as { dataTransfer: { files: File[] } };
              const [file] = dataTransfer.files;
              if (file !== undefined) void berth.files.importFile(file).then(settle);
            },
            true,
          );
        }),
    );
    await dropFiles(page, [path]);
    expect((await staged).name).toBe('dropped.tar');
    const job = await jobOf('dropped.tar', 'staged');
    expect(job.done).toBe(job.total);
    const status = await page.evaluate(
      async (id) => (await fetch(`/api/imports/${id}`, { method: 'POST', body: '{}' })).status,
      job.staged?.id ?? '',
    );
    expect(status).toBe(202);
  });

  it('may be the folder of an OCI layout', async () => {
    const image = imageOf();
    const path = writeLayout(workspace.folder('a-layout'), { 'folder:v1': image });
    await desktop.app.evaluate(({ app }, file) => {
      app.emit('open-file', { preventDefault: () => undefined }, file);
    }, path);
    await arrives('folder', image);
    const { done, total } = await jobOf('a-layout', 'done');
    expect(done).toBe(total);
  });

  it('are none of the disk when the page has made them up', async () => {
    const refused = await page
      .evaluate(() =>
        (globalThis as unknown as BerthWindow).berth.files.importFile(new File(['x'], 'made-up.tar')),
      )
      .catch((error: unknown) => String(error));
    expect(refused).toContain('This file is not on the disk.');
  });

  it('are written where the dialog says', async () => {
    const path = join(workspace.path, 'exported.tar');
    await desktop.answer('showSaveDialog', { canceled: false, filePath: path });
    await page.evaluate(() =>
      (globalThis as unknown as BerthWindow).berth.files.exportImages({
        references: ['given:v1'],
        fileName: '../../given',
      }),
    );
    await jobOf('exported.tar', 'done');
    const asked = (await desktop.shown('showSaveDialog'))[0]?.args[0];
    expect(asked).toMatchObject({ defaultPath: 'given.tar' });
    expect(readFileSync(path).includes(first.image.digest.slice(7))).toBe(true);
  });
});
