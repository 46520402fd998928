import { createServer, type Server } from 'node:http';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type CDPSession, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { imageOf } from '../clients/image.ts';
import { describeWith, findTool } from '../clients/tools.ts';
import { Served } from '../served.ts';

/** Resolves to this machine in the browser of this test, as an attacker's name server would have it. */
const REBOUND = 'evil.example';

let folder: string;
let berth: Served;
let elsewhere: Server;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let session: CDPSession;
let script: string;

describeWith(['chromium'], 'a real browser', () => {
  beforeAll(async () => {
    script = await readFile(join(import.meta.dirname, 'page.js'), 'utf8');
    folder = await writeWindow();
    berth = await Served.start({ windowFolder: folder });
    await berth.repository('app').push(imageOf(), 'v1');
    elsewhere = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>elsewhere</title><body></body>');
    });
    await new Promise<void>((resolve) => elsewhere.listen({ host: '127.0.0.1', port: 0 }, resolve));
    browser = await chromium.launch({
      executablePath: findTool('chromium') ?? '',
      args: ['--no-sandbox', `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`],
    });
  });
  afterAll(async () => {
    await browser.close();
    elsewhere.close();
    await berth.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    session = await context.newCDPSession(page);
  });
  afterEach(async () => context.close());

  // To the browser these are other sites, or the same site with another port; both for each name of the registry.
  it.each([REBOUND, 'localhost', '127.0.0.1'])('lets a page of %s read and change nothing', async (host) => {
    await page.goto(foreign(host));
    const before = await state();
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      const got = await inPage(`attack('http://${name}:${portOf(berth)}')`);
      expect(got, name).toEqual({
        readable: [],
        images: 'refused',
        scripts: 'refused',
        styles: 'refused',
        events: 'refused',
        sockets: 'refused',
        frames: 3,
      });
      const shown = page.frames().filter((frame) => frame.url().includes(`:${portOf(berth)}/`));
      for (const frame of shown) expect(await frame.content()).not.toMatch(/own\.js|"app"/);
      await page.goto(foreign(host));
    }
    expect(await state()).toEqual(before);
  });

  it.each([
    ['post', '/_gc?empty-trash=true', 'text/plain'],
    ['post', '/api/undo', 'text/plain'],
    ['post', '/api/undo', 'application/x-www-form-urlencoded'],
    ['post', '/api/undo', 'multipart/form-data'],
    ['get', '/api/settings', 'application/x-www-form-urlencoded'],
  ])('lets a form of another page not %s to %s (%s)', async (method, path, enctype) => {
    const before = await state();
    await page.goto(foreign(REBOUND));
    const answered = page.waitForResponse((response) => response.url().startsWith(berth.url));
    await inPage(`submitForm('${berth.url}${path}', '${method}', '${enctype}')`);
    expect((await answered).status()).toBe(403);
    expect(await state()).toEqual(before);
  });

  it('lets a page that has rebound its name to this machine read and change nothing', async () => {
    const before = await state();
    const answer = await page.goto(`http://${REBOUND}:${portOf(berth)}/`);
    expect(answer?.status()).toBe(403);
    expect(await inPage('askOwn()')).toEqual({ GET: 403, POST: 403, PATCH: 403, DELETE: 403 });
    expect(await state()).toEqual(before);
  });

  it.each([
    ['/', 200],
    ['/api/settings', 403],
    ['/v2/_catalog', 403],
    ['/assets/own.js', 403],
  ])('answers whoever follows a link to %s with %i', async (path, status) => {
    await page.goto(foreign(REBOUND));
    const answered = page.waitForResponse((response) => response.url() === `${berth.url}${path}`);
    await inPage(`follow('${berth.url}${path}')`);
    expect((await answered).status()).toBe(status);
  });

  it('lets the window read, change and follow what happens, and run nothing but its own files', async () => {
    await page.goto(`${berth.url}/`);
    expect(await page.title()).toBe('own script ran');
    expect(await inPage('askOwn()')).toEqual({ GET: 200, POST: 200, PATCH: 200, DELETE: 404 });
    expect(await inPage('firstEvent()')).toContain('event: reset');
    expect(await inPage('runMarkup()')).toBe(false);
  });
});

function portOf({ url }: Served): string {
  return new URL(url).port;
}

function foreign(host: string): string {
  return `http://${host}:${(elsewhere.address() as AddressInfo).port}/`;
}

/** Runs it in the page whatever its policy says, and answers with its value. */
async function inPage(expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: `(() => { ${script}\nreturn ${expression}; })()`,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
  return result.value;
}

/** Everything that a page could have changed. */
async function state(): Promise<unknown> {
  const paths = ['/api/repositories', '/api/settings', '/api/changes', '/v2/app/tags/list', '/_gc'];
  return await Promise.all(paths.map((path) => berth.get<object>(path)));
}

async function writeWindow(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'berth-window-'));
  await mkdir(join(path, 'assets'));
  const html = '<!doctype html><body><script src="./assets/own.js"></script></body>';
  await writeFile(join(path, 'index.html'), html);
  await writeFile(join(path, 'assets/own.js'), 'document.title = "own script ran";');
  await writeFile(join(path, 'assets/own.css'), 'body { color: red; }');
  await writeFile(join(path, 'assets/picture.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  return path;
}
