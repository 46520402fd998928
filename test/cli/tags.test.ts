import { rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageOf, multiPlatformImage } from '../clients/image.ts';
import { Served } from '../served.ts';

const BERTH = resolve(import.meta.dirname, '../../registry/cli/bin.cjs');

let served: Served;

beforeEach(async () => {
  served = await Served.start();
});
afterEach(() => served.stop());

async function berth(...args: string[]) {
  const child = spawn(process.execPath, [BERTH, ...args, '--url', served.url]);
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number];
  return { stdout, stderr, code };
}

describe('berth tags', () => {
  it('leaves out what is attached to images, says how much that is, and shows it when asked', async () => {
    const image = imageOf();
    const signature = `sha256-${image.digest.slice('sha256:'.length)}.sig`;
    await served.repository('signed').push(image, 'v1');
    await served.repository('signed').push(imageOf(), signature);
    expect(await berth('tags', 'signed')).toMatchObject({
      stdout: 'v1\n',
      stderr: 'And 1 attachment (--all shows it).\n',
    });
    expect(await berth('tags', 'signed', '--all')).toMatchObject({
      stdout: `${signature}\nv1\n`,
      stderr: '',
    });
    const { stdout } = await berth('tags', 'signed', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ tags: [{ tag: 'v1' }], attached: [{ tag: signature }] });
  });
});

describe('berth inspect and why', () => {
  it('say that a layer is missing', async () => {
    const image = imageOf();
    const layer = image.blobs.at(-1)?.digest ?? '';
    await served.repository('app').push(image, 'v1');
    expect((await berth('inspect', 'app:v1')).stdout).not.toContain('ot here');
    await rm(join(served.folder, 'blobs', layer.replace(':', '/')));
    const { stdout } = await berth('inspect', 'app:v1');
    expect(stdout).toMatch(
      /^Not here +the layer sha256:\w{12}, missing or quarantined: push the image again$/m,
    );
    expect(stdout).toMatch(new RegExp(`^${layer.slice(0, 19)}.*, not here$`, 'm'));
    expect((await berth('why', 'app:v1')).stdout).toContain(
      `the content of ${layer} is missing or quarantined`,
    );
  });

  it('say that a config is missing, also of one of several platforms', async () => {
    const image = multiPlatformImage();
    await served.repository('app').push(image, 'v1');
    const config = image.children[1]?.blobs[0]?.digest ?? '';
    await rm(join(served.folder, 'blobs', config.replace(':', '/')));
    const [short] = /^sha256:.{12}/.exec(config) ?? [];
    expect((await berth('inspect', 'app:v1')).stdout).toMatch(
      new RegExp(`^Not here +the config ${short}, missing or quarantined: push the image again$`, 'm'),
    );
  });
});

describe('berth restore', () => {
  it('refuses a digest that the tag never had', async () => {
    await served.repository('app').push(imageOf(), 'v1');
    const other = imageOf();
    await served.repository('app').push(other, 'v2');
    const { stderr, code } = await berth('restore', `app:v1@${other.digest}`);
    expect(code).toBe(1);
    expect(stderr).toContain(`app:v1 never pointed at ${other.digest}.`);
    expect(stderr).toContain(`"berth tag app@${other.digest} app:v1" points it there.`);
  });

  it('puts back a tag of a repository that was deleted, which is listed until then', async () => {
    const image = imageOf();
    await served.repository('app').push(image, 'v1');
    await served.call('DELETE', '/api/repositories?name=app');
    expect((await berth('repos', '--trash')).stdout).toMatch(/^app +1 /m);
    expect(await berth('repos')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('1 repository in the trash: "berth repos --trash"'),
    });
    expect((await berth('tags', 'app', '--trash')).stdout).toContain(image.digest.slice(0, 19));
    expect((await berth('restore', 'app:v1')).stdout).toContain(`app:v1 points at ${image.digest} again`);
    await served.repository('app').expectWhole('v1', image);
    expect((await berth('repos', '--trash')).stdout).toBe('No repository is in the trash.\n');
    expect(await berth('restore', 'app:v1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is there'),
    });
  });
});
