import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageOf } from '../clients/image.ts';
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
