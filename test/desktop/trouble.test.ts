import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { startBerth } from '../clients/berth.ts';
import { get } from '../clients/http.ts';
import { imageOf, writeLayout } from '../clients/image.ts';
import { Repository } from '../clients/repository.ts';
import { until } from '../clients/until.ts';
import { createWorkspace } from '../clients/workspace.ts';
import { freePort } from '../free-port.mjs';
import { Desktop, describeDesktop } from './desktop.ts';

describeDesktop('a start that fails', () => {
  let desktop: Desktop;
  const ends: (() => unknown)[] = [];

  afterEach(async () => {
    await desktop.dispose();
    for (const end of ends.splice(0).toReversed()) await end();
  });

  const alert = (page: Page) => page.getByRole('alert');
  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();
  const answers = async (port: number): Promise<boolean> =>
    (await get({ url: `http://127.0.0.1:${port}` }, '/v2/').catch(() => undefined))?.status === 200;

  async function holdPort(port: number): Promise<Server> {
    const holder = createServer((_request, response) => response.end('mine'));
    await new Promise<void>((settle) => holder.listen(port, '127.0.0.1', settle));
    ends.push(() => holder.close());
    return holder;
  }

  it('names the program that has the port, and goes on with another one', async () => {
    desktop = await Desktop.prepare();
    await holdPort(desktop.port);
    await desktop.start();
    const page = await desktop.page();
    await alert(page).getByText(`Port ${desktop.port} is taken by`).waitFor();
    expect(await alert(page).innerText()).toContain(`(process ${process.pid})`);
    expect(await alert(page).innerText()).not.toContain('--port');
    expect((await desktop.trayItem('state'))?.label).toBe('Berth could not start…');

    const other = await freePort();
    await page.getByLabel('Another port').fill(String(other));
    await press(page, `Use port ${other}`);
    await until('the registry answers at the other port', () => answers(other));
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await until('the port is remembered', () => desktop.readSettings()['port'] === other);
  });

  it('is forgotten when the window opens anew, even where the way out could not be kept', async () => {
    desktop = await Desktop.prepare();
    await holdPort(desktop.port);
    await desktop.start();
    const page = await desktop.page();
    const settings = join(desktop.userData, 'desktop.json');
    rmSync(settings);
    mkdirSync(join(settings, 'of somebody'), { recursive: true });
    const other = await freePort();
    await page.getByLabel('Another port').fill(String(other));
    await press(page, `Use port ${other}`);
    await until('the registry answers at the other port', () => answers(other));
    await until('the window is there', () => desktop.isVisible());
    const next = desktop.app.waitForEvent('window');
    await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
    await (await next).waitForURL((url) => url.protocol !== 'about:');
    expect((await next).url()).not.toContain('trouble');
  });

  it('says that the settings cannot be read, and starts nothing before somebody has chosen', async () => {
    desktop = await Desktop.prepare();
    const path = join(desktop.userData, 'desktop.json');
    rmSync(path);
    mkdirSync(path);
    mkdirSync(join(`${path}.damaged`, 'of before'), { recursive: true });
    await desktop.start();
    const page = await desktop.page();
    await alert(page).getByText(`its settings in ${path} cannot be read`).waitFor();
    expect((await desktop.trayItem('state'))?.label).toBe('Berth could not start…');
    await page.getByRole('button', { name: 'Try again' }).waitFor();
  });

  it('keeps the port of before when the other one does not help', async () => {
    desktop = await Desktop.prepare();
    await holdPort(desktop.port);
    const other = await freePort();
    await holdPort(other);
    await desktop.start();
    const page = await desktop.page();
    await page.getByLabel('Another port').fill(String(other));
    await press(page, `Use port ${other}`);
    await alert(page).getByText(`Port ${other} is taken by`).waitFor();
    expect(desktop.readSettings()).toMatchObject({ port: desktop.port });
  });

  it('tries again when it is told to', async () => {
    desktop = await Desktop.prepare();
    const holder = await holdPort(desktop.port);
    await desktop.start();
    const page = await desktop.page();
    await alert(page).getByText('is taken by').waitFor();
    holder.close();
    holder.closeAllConnections();
    await press(page, 'Try again');
    await until('the registry answers', () => answers(desktop.port));
  });

  it('keeps opened files until the registry runs', async () => {
    desktop = await Desktop.prepare();
    const holder = await holdPort(desktop.port);
    const workspace = createWorkspace('opened');
    ends.push(() => workspace.remove());
    const image = imageOf();
    await desktop.start([writeLayout(workspace.folder('layout'), { 'opened:v1': image })]);
    const page = await desktop.page();
    await alert(page).getByText('is taken by').waitFor();
    holder.close();
    holder.closeAllConnections();
    await press(page, 'Try again');
    await until('the image is in the registry', async () => {
      const answer = await new Repository(desktop.registry, 'opened')
        .headManifest('v1')
        .catch(() => undefined);
      return answer?.headers['docker-content-digest'] === image.digest;
    });
  });

  it('says who has the data folder', async () => {
    desktop = await Desktop.prepare();
    const other = await startBerth({ data: desktop.userData });
    ends.push(() => other.stop());
    await desktop.start();
    const page = await desktop.page();
    await alert(page).getByText(`in use by another Berth (process ${other.pid})`).waitFor();
    await other.stop();
    await press(page, 'Try again');
    await until('the registry answers', () => answers(desktop.port));
  });

  it('goes on in another folder', async () => {
    desktop = await Desktop.prepare();
    writeFileSync(join(desktop.userData, 'berth.json'), '{ not JSON');
    await desktop.start();
    const page = await desktop.page();
    await alert(page).getByText('is not readable JSON').waitFor();
    const workspace = createWorkspace('other');
    ends.push(() => workspace.remove());
    await desktop.answer('showOpenDialog', { canceled: false, filePaths: [workspace.path] });
    await press(page, 'Choose another folder…');
    await until('the registry answers', () => answers(desktop.port));
    await until('the folder is remembered', () => desktop.readSettings()['dataFolder'] === workspace.path);
    expect(readdirSync(workspace.path)).toContain('journal');
  });

  it('explains a damaged journal, and repairs it', async () => {
    desktop = await Desktop.prepare();
    const before = await startBerth({ data: desktop.userData });
    const image = imageOf();
    for (const tag of ['v1', 'v2', 'v3']) await new Repository(before, 'app').push(image, tag);
    await before.kill();
    damageJournal(desktop.userData);
    await desktop.start();
    const page = await desktop.page();
    await alert(page).getByText('The journal is damaged').first().waitFor();
    expect(await alert(page).innerText()).not.toContain('berth repair');
    await press(page, 'Repair');
    await until('the registry answers', () => answers(desktop.port));
    await new Repository(desktop.registry, 'app').expectWhole('v3', image);
  });

  it('shows the log, also where the data folder cannot take it', async () => {
    desktop = await Desktop.prepare();
    const workspace = createWorkspace('file');
    ends.push(() => workspace.remove());
    const notFolder = workspace.file('data', 'this is a file');
    desktop.writeSettings({ port: desktop.port, dataFolder: notFolder });
    await desktop.start();
    const page = await desktop.page();
    await alert(page)
      .getByText(/is a file/)
      .waitFor();
    await press(page, 'Show the log');
    const shown = await until('the log is shown', async () => (await desktop.shown('showItemInFolder'))[0]);
    expect(shown.args).toEqual([join(desktop.userData, 'logs/berth.log')]);
    await until('the log says why', () => desktop.log.includes('could not start'));
  });

  it('explains a folder of a newer version, and says what helps', async () => {
    desktop = await Desktop.prepare();
    const before = await startBerth({ data: desktop.userData });
    await before.stop();
    const journal = join(desktop.userData, 'journal/00000001.log');
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('berth-journal 1', 'berth-journal 9'));
    await desktop.start();
    const page = await desktop.page();
    await alert(page).getByText('written by a newer version of Berth. Install that version.').waitFor();
    await page.getByRole('button', { name: 'Choose another folder…' }).waitFor();
    expect(readFileSync(journal, 'utf8')).toMatch(/^berth-journal 9/);
  });

  it('goes on without a log where no folder takes one', async () => {
    desktop = await Desktop.prepare();
    writeFileSync(join(desktop.userData, 'logs'), 'this is a file');
    await desktop.start();
    await desktop.page();
    expect(await answers(desktop.port)).toBe(true);
  });

  it('says why before it ends, where the folder of the app cannot be written to', async () => {
    desktop = await Desktop.prepare();
    writeFileSync(join(desktop.userData, 'window'), 'this is a file');
    const { code, said } = await desktop.startAndEnd();
    expect(said).toContain(`Berth could not start: Berth keeps its settings in ${desktop.userData}`);
    expect(code).toBe(1);
  });

  it('is explained again when the page has crashed', async () => {
    desktop = await Desktop.prepare();
    await holdPort(desktop.port);
    await desktop.start();
    await alert(await desktop.page())
      .getByText('is taken by')
      .waitFor();
    await until('the window is there', () => desktop.isVisible());
    const next = desktop.app.waitForEvent('window');
    await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
    await alert(await next)
      .getByText('is taken by')
      .waitFor();
  });

  it('ends when it is told to', async () => {
    desktop = await Desktop.prepare();
    await holdPort(desktop.port);
    await desktop.start();
    const page = await desktop.page();
    const { ended } = desktop;
    await press(page, 'Quit').catch(() => undefined);
    await ended;
  });
});

/** Changes a record in the middle, where it is more than a torn end. */
function damageJournal(dataFolder: string): void {
  const path = join(dataFolder, 'journal/00000001.log');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"v2"', '"w9"'));
}
