import { existsSync, readFileSync } from 'node:fs';
import { request, type ClientRequest } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { withQuery, Repository } from '../clients/repository.ts';
import { imageOf, randomLayer, writeLayout } from '../clients/image.ts';
import { present } from '../clients/present.ts';
import { get } from '../clients/http.ts';
import { until } from '../clients/until.ts';
import { createWorkspace } from '../clients/workspace.ts';
import { Desktop, describeDesktop, type BerthWindow } from './desktop.ts';

describeDesktop('quitting', () => {
  let desktop: Desktop;

  afterEach(() => desktop.dispose());

  /** A push that has sent half of a layer, and goes on when it is told to. */
  class HalfPush {
    readonly #repository = new Repository(desktop.registry, 'slow');
    readonly #image = imageOf({ layers: [randomLayer(200_000)] });
    readonly #layer = present(this.#image.blobs.at(-1));
    #request: ClientRequest | undefined;
    ended: Promise<number | 'cut'> = Promise.resolve('cut');

    async begin(): Promise<void> {
      const location = withQuery(await this.#repository.openUpload(), `digest=${this.#layer.digest}`);
      const sent = request(new URL(location, desktop.registry.url), {
        method: 'PUT',
        headers: { 'content-length': this.#layer.size },
      });
      this.ended = new Promise((settle) => {
        sent.once('response', (response) => settle(response.resume().statusCode ?? 0));
        sent.once('error', () => settle('cut'));
      });
      sent.write(this.#layer.bytes.subarray(0, 100_000));
      this.#request = sent;
      await until('the push is seen', async () =>
        (await desktop.trayItem('state'))?.label.startsWith('Receiving 1 push'),
      );
    }

    /** The rest of the layer, the config and the manifest. */
    async finish(): Promise<void> {
      this.#request?.end(this.#layer.bytes.subarray(100_000));
      expect(await this.ended).toBe(201);
      await this.#repository.pushBlob(this.#image.config);
      await this.#repository.putManifest('v1', this.#image);
    }
  }

  async function beginPush(): Promise<HalfPush> {
    const push = new HalfPush();
    await push.begin();
    return push;
  }

  const answers = async (): Promise<boolean> =>
    (await get(desktop.registry, '/v2/').catch(() => undefined))?.status === 200;

  it('ends at once when nothing is in flight, and leaves the folder to others', async () => {
    desktop = await Desktop.start();
    await desktop.page();
    await desktop.quit();
    expect(await answers()).toBe(false);
    expect(existsSync(`${desktop.userData}/lock`)).toBe(false);
    expect(desktop.log).toMatch(/ stopped\n$/);
  });

  it('asks while a push is in flight, and stays when it is told to', async () => {
    desktop = await Desktop.start();
    await desktop.page();
    const push = await beginPush();
    await desktop.answer('showMessageBox', { response: 2 });
    await desktop.clickTray('quit');
    const asked = await until('it asks', async () => (await desktop.shown('showMessageBox'))[0]);
    expect(asked.args[0]).toMatchObject({
      message: '1 push is in flight.',
      buttons: ['Quit when done', 'Cut and quit', 'Cancel'],
    });
    await push.finish();
    expect(await answers()).toBe(true);
  });

  it('waits for the push, and then ends', async () => {
    desktop = await Desktop.start();
    await desktop.page();
    const push = await beginPush();
    await desktop.answer('showMessageBox', { response: 0 });
    await desktop.clickTray('quit');
    await until('the tray says that it waits', async () =>
      (await desktop.trayItem('state'))?.label.startsWith('Quits when 1 push is done'),
    );
    expect((await desktop.trayItem('quit'))?.label).toBe('Quit now');
    const { ended } = desktop;
    await push.finish();
    await ended;
  });

  it('waits no longer when it is told so', async () => {
    desktop = await Desktop.start({ settings: { whatDoesQuit: 'wait' } });
    await desktop.page();
    const push = await beginPush();
    await desktop.clickTray('quit');
    await until('it waits', async () => (await desktop.trayItem('quit'))?.label === 'Quit now');
    const { ended } = desktop;
    await desktop.clickTray('quit').catch(() => undefined);
    expect(await push.ended).toBe('cut');
    await ended;
  });

  it('stays when it is started again while it waits', async () => {
    desktop = await Desktop.start({ settings: { whatDoesQuit: 'wait' } });
    await desktop.page();
    const push = await beginPush();
    await desktop.clickTray('quit');
    await until('it waits', async () => (await desktop.trayItem('quit'))?.label === 'Quit now');
    await desktop.app.evaluate(({ app }) => app.emit('second-instance', {}, [], '', { files: [] }));
    await until('it waits no longer', async () => (await desktop.trayItem('quit'))?.label === 'Quit Berth');
    await push.finish();
    await until('the push is told', async () => (await desktop.shown('notification')).length > 0);
    expect(await answers()).toBe(true);
  });

  it('starts anew when it is started again while it ends, with the files of that start', async () => {
    desktop = await Desktop.start();
    await desktop.page();
    const workspace = createWorkspace('anew');
    const image = imageOf();
    const path = writeLayout(workspace.folder('layout'), { 'anew:v1': image });
    const lock = join(desktop.userData, 'lock');
    const { ended } = desktop;
    await desktop.app
      .evaluate(({ app }, file) => {
        app.quit();
        app.emit('second-instance', {}, [], '', { files: [file] });
      }, path)
      .catch(() => undefined);
    await ended;
    const repository = new Repository(desktop.registry, 'anew');
    try {
      await until('another one runs, and has imported the file', async () => {
        const answer = await repository.headManifest('v1').catch(() => undefined);
        return answer?.headers['docker-content-digest'] === image.digest;
      });
    } finally {
      const next = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : undefined;
      if (next !== undefined) process.kill(next, 'SIGTERM');
      await until('that one has ended', () => next === undefined || !isAlive(next));
      workspace.remove();
    }
  });

  it('cuts the push when it is told to', async () => {
    desktop = await Desktop.start();
    await desktop.page();
    const push = await beginPush();
    await desktop.answer('showMessageBox', { response: 1 });
    const { ended } = desktop;
    await desktop.clickTray('quit').catch(() => undefined);
    expect(await push.ended).toBe('cut');
    await ended;
  });

  it('does without asking what the settings say', async () => {
    desktop = await Desktop.start({ settings: { whatDoesQuit: 'cut' } });
    await desktop.page();
    const push = await beginPush();
    const { ended } = desktop;
    await desktop.clickTray('quit').catch(() => undefined);
    expect(await push.ended).toBe('cut');
    await ended;
  });

  it('asks nobody when the system goes down', async () => {
    desktop = await Desktop.start({ settings: { whatDoesQuit: 'wait' } });
    await desktop.page();
    const push = await beginPush();
    const { ended } = desktop;
    const isDelayed = await desktop.app.evaluate(({ powerMonitor }) => {
      let delayed = false;
      powerMonitor.emit('shutdown', { preventDefault: () => (delayed = true) });
      return delayed;
    });
    expect(isDelayed).toBe(true);
    expect(await push.ended).toBe('cut');
    await ended;
    expect(existsSync(`${desktop.userData}/lock`)).toBe(false);
  });

  it('keeps what was set for the next start', async () => {
    desktop = await Desktop.start();
    const page = await desktop.page();
    const changed = { notifications: false, appearance: 'dark', whatDoesQuit: 'wait' } as const;
    await page.evaluate(
      (patch) => (globalThis as unknown as BerthWindow).berth.settings.change(patch),
      changed,
    );
    await desktop.clickTray('login');
    await until(
      'it starts with the system',
      () =>
        existsSync(desktop.autostartFile) &&
        /^Exec=.*--hidden"$/m.test(readFileSync(desktop.autostartFile, 'utf8')),
    );
    await desktop.quit();
    await desktop.start();
    const next = await desktop.page();
    const settings = await next.evaluate(() => (globalThis as unknown as BerthWindow).berth.settings.read());
    expect(settings).toMatchObject({ ...changed, startAtLogin: true });
    await desktop.clickTray('login');
    await until('it no longer does', () => !existsSync(desktop.autostartFile));
  });

  it('starts without a window when the system starts it', async () => {
    desktop = await Desktop.start({ args: ['--hidden'] });
    await until('the registry answers', answers);
    await until('the tray says so', async () =>
      (await desktop.trayItem('state'))?.label.startsWith('Running'),
    );
    expect(await desktop.isVisible()).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
