import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerifyResult } from '../../registry/api/contract.ts';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv, expectLayoutHolds } from './containers.ts';
import { get, json, send } from './http.ts';
import { imageOf, randomLayer, writeLayout } from './image.ts';
import { Repository } from './repository.ts';
import { attempt, run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

const BERTH = resolve(import.meta.dirname, '../../registry/cli/bin.cjs');

const fileOf = ({ data }: Berth, digest: string): string => join(data, 'blobs', digest.replace(':', '/'));

/** Changes one bit in the middle of a file. */
function flipBit(path: string): void {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  rmSync(path);
  writeFileSync(path, bytes);
}

async function verify(berth: Berth): Promise<VerifyResult> {
  return json<VerifyResult>(await send(berth, 'POST', '/api/verify'));
}

describeWith(['skopeo'], 'damaged content', () => {
  const workspace = createWorkspace('healing');
  let berth: Berth;
  let env: Record<string, string>;

  beforeAll(async () => {
    berth = await startBerth();
    env = containersEnv(workspace, [berth.host]);
  });
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  const copy = (from: string, to: string): Promise<string> => {
    const flags = ['--preserve-digests', '--src-tls-verify=false', '--dest-tls-verify=false'];
    return run('skopeo', ['--insecure-policy', 'copy', ...flags, from, to], { env });
  };

  const damages: [what: string, damage: (path: string) => void, isSeenAtOnce: boolean][] = [
    ['with a flipped bit', flipBit, false],
    ['that is empty', (path) => (rmSync(path), writeFileSync(path, '')), true],
    ['that is gone', (path) => rmSync(path), true],
  ];
  for (const [what, damage, isSeenAtOnce] of damages) {
    for (const part of ['layer', 'manifest'] as const) {
      it(`heals a ${part} ${what} by the next push`, async () => {
        const name = `heal/${part}-${what.replaceAll(' ', '-')}`;
        const image = imageOf({ layers: [randomLayer(1024 * 1024)] });
        const layout = writeLayout(workspace.folder(name), { one: image });
        const remote = `docker://${berth.host}/${name}:v1`;
        await copy(`oci:${layout}:one`, remote);
        // What the server has in memory is not damaged with the file.
        await berth.stop();
        const digest = part === 'layer' ? (image.blobs[1]?.digest ?? '') : image.digest;
        damage(fileOf(berth, digest));
        await berth.restart();
        if (!isSeenAtOnce) {
          const { damaged } = await verify(berth);
          expect(damaged).toEqual([{ digest, problem: 'wrong digest', dependents: [`${name}:v1`] }]);
        }
        const path = part === 'layer' ? `/v2/${name}/blobs/${digest}` : `/v2/${name}/manifests/v1`;
        expect((await send(berth, 'HEAD', path)).status).toBe(404);
        await copy(`oci:${layout}:one`, remote);
        await new Repository(berth, name).expectWhole('v1', image);
        const pulled = workspace.folder(`${name}-pulled`);
        await copy(remote, `oci:${pulled}:v1`);
        expectLayoutHolds(pulled, image);
        expect((await verify(berth)).ok).toBe(true);
      });
    }
  }
});

describe('a damaged journal', () => {
  let berth: Berth;
  const images = new Map(['a', 'b', 'c', 'd', 'e', 'f'].map((tag) => [tag, imageOf()]));

  beforeAll(async () => {
    berth = await startBerth();
    for (const [tag, image] of images) await new Repository(berth, 'damaged/app').push(image, tag);
  });
  afterAll(() => berth.dispose());

  const repair = () => attempt(process.execPath, [BERTH, 'repair', '--data', berth.data]);

  it('is not repaired while a server runs', async () => {
    const { code, stderr } = await repair();
    expect(code).toBe(1);
    expect(stderr).toContain(`in use by another Berth (process ${berth.pid})`);
  });

  it('keeps the server from starting, and is whole again after berth repair', async () => {
    await berth.stop();
    flipBit(join(berth.data, 'journal', '00000001.log'));
    await expect(berth.restart()).rejects.toThrow(`berth repair --data ${berth.data}`);
    const { code, stdout } = await repair();
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain('Every record was recovered: nothing is lost.');
    await berth.restart();
    for (const [tag, image] of images) await new Repository(berth, 'damaged/app').expectWhole(tag, image);
  });

  it('may be lost as a whole', async () => {
    await berth.stop();
    rmSync(join(berth.data, 'journal'), { recursive: true });
    await expect(berth.restart()).rejects.toThrow('berth repair');
    const { stdout } = await repair();
    expect(stdout).toContain('Taken from index.json');
    await berth.restart();
    for (const [tag, image] of images) await new Repository(berth, 'damaged/app').expectWhole(tag, image);
    expect(readdirSync(berth.data).filter((name) => name.startsWith('journal.damaged-'))).toHaveLength(2);
    expect((await get(berth, '/v2/_catalog')).status).toBe(200);
  });

  it('is left alone when it is not damaged', async () => {
    await berth.stop();
    expect((await repair()).stdout).toBe('The journal is as it should be. Nothing was changed.\n');
    await berth.restart();
  });
});

describe('berth verify', () => {
  let berth: Berth;

  beforeAll(async () => {
    berth = await startBerth();
  });
  afterAll(() => berth.dispose());

  const command = (...args: string[]) =>
    attempt(process.execPath, [BERTH, 'verify', '--url', berth.url, ...args]);

  it('says that all is well, or what to push again, and ends with 2 then', async () => {
    const image = imageOf();
    await new Repository(berth, 'verify/app').push(image, 'v1');
    expect(await command()).toMatchObject({ code: 0, stdout: expect.stringContaining('All is well.') });
    flipBit(fileOf(berth, image.blobs[1]?.digest ?? ''));
    const { code, stdout } = await command();
    expect(code).toBe(2);
    expect(stdout).toContain(`Damaged (wrong digest), quarantined: ${image.blobs[1]?.digest}`);
    expect(stdout).toContain('  verify/app:v1\n');
    expect(JSON.parse((await command('--json', '--repair')).stdout)).toMatchObject({
      ok: false,
      damaged: [],
    });
  });
});
