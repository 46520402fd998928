import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../registry/log.ts';
import { imageOf, randomBlob } from '../clients/image.ts';
import { Served } from '../served.ts';

const BERTH = resolve(import.meta.dirname, '../../registry/cli/bin.cjs');

let served: Served;
let running: ChildProcess | undefined;

beforeEach(async () => {
  served = await Served.start({ log: { ...silentLog(), level: 'info' } });
});
afterEach(async () => {
  running?.kill('SIGKILL');
  running = undefined;
  await served.stop();
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [BERTH, ...args, '--url', served.url]);
  running = child;
  return child;
}

async function berth(...args: string[]) {
  const child = start(...args);
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number];
  return { stdout, stderr, code };
}

/** Lines as they come, until the process is told to stop as Ctrl-C does. */
async function following(
  args: string[],
  meanwhile: () => Promise<unknown>,
  wanted: RegExp,
): Promise<number | null> {
  const child = start(...args);
  const ended = once(child, 'close');
  let found = false;
  const lines = createInterface(child.stdout);
  // The stream may open a moment after the process has started: something happens until it has seen it.
  const happening: Promise<unknown>[] = [];
  const push = setInterval(() => happening.push(meanwhile()), 300);
  for await (const line of lines) {
    if (found || !wanted.test(line)) continue;
    found = true;
    clearInterval(push);
    child.kill('SIGINT');
  }
  clearInterval(push);
  await Promise.all(happening);
  await ended;
  expect(found).toBe(true);
  return child.exitCode;
}

describe('berth tag', () => {
  it('points a tag at what is here, and says how to take that back', async () => {
    const image = imageOf();
    await served.repository('app').push(image, 'v1');
    const { stdout, code } = await berth('tag', 'localhost:5080/app:v1', 'team/prod:stable');
    expect([stdout, code]).toEqual([
      expect.stringMatching(
        /^team\/prod:stable points at sha256:\w{12}\. "berth undo \d+" takes that back\.\n$/,
      ),
      0,
    ]);
    await served.repository('team/prod').expectWhole('stable', image);
    expect((await berth('tag', `app@${image.digest}`, 'app:v1')).stdout).toContain('already');
  });

  it('says in one line what is wrong', async () => {
    await served.repository('app').push(imageOf(), 'v1');
    expect(await berth('tag', 'app:v2', 'app:v3')).toEqual({
      stdout: '',
      stderr: 'app has no tag v2. See "berth tags app".\n',
      code: 1,
    });
    expect((await berth('tag', 'app:v1', `app@sha256:${'0'.repeat(64)}`)).stderr).toContain('Only a tag');
  });
});

describe('berth activity', () => {
  it('shows what was pushed, and what was already here', async () => {
    expect((await berth('activity')).stdout).toContain('Nobody has pushed or pulled');
    const image = imageOf();
    await served.repository('app').push(image, 'v1');
    await served.repository('app').putManifest('v2', image);
    const { stdout } = await berth('activity');
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^↑ {2}app:v1 {2}done .* 2 blobs {2}an unnamed client$/),
      expect.stringMatching(/^↑ {2}app:v2 {2}done .* kB already here .* 2 blobs {2}an unnamed client$/),
      '',
    ]);
    const { transfers } = JSON.parse((await berth('activity', '--json')).stdout) as { transfers: unknown[] };
    expect(transfers).toMatchObject([{ reference: 'v1' }, { reference: 'v2' }]);
  });

  it('shows below a push each layer that is on its way, and how fast', async () => {
    const app = served.repository('app');
    await app.pushBlob(randomBlob());
    const patch = request(new URL(await app.openUpload(), served.url), {
      method: 'PATCH',
      headers: { 'content-length': 300_000 },
    });
    patch.on('error', () => undefined);
    patch.write(Buffer.alloc(100_000));
    const shown =
      /^↑ {2}app {8,}█{7}░{13} .* 2 blobs {2}an unnamed client\n {5}a layer {2}█{7}░{13} {2}10\d\.\d kB {2}of 300\.0 kB {2}(?:waiting|[\d.]+ k?B\/s)\n$/;
    await expect.poll(async () => (await berth('activity')).stdout, { timeout: 20_000 }).toMatch(shown);
    patch.destroy();
  });

  it('follows until Ctrl-C, which is no failure', async () => {
    const push = () => served.repository('app').push(imageOf(), 'v1');
    expect(await following(['activity', '-f'], push, /^↑ {2}app:v1 {2}done/)).toBe(0);
  });
});

describe('berth log', () => {
  it('shows the last lines', async () => {
    await served.get('/_stats');
    const { stdout } = await berth('log', '-n', '1');
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info {2}GET \/_stats .*status=200.*\n$/);
  });

  it('follows until Ctrl-C, which is no failure', async () => {
    const ask = () => served.get('/_stats');
    expect(await following(['log', '--follow', '-n', '0'], ask, / GET \/_stats /)).toBe(0);
    expect((await berth('log', '-n', 'many')).stderr).toContain('It must be a number of lines.');
  });
});
