import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { Dockerd } from './dockerd.ts';
import { patch, put } from './http.ts';
import { content, imageOf, LAYER, randomLayer, writeLayout } from './image.ts';
import { expectError, Repository, withQuery } from './repository.ts';
import { attempt, run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

const MIB = 1024 * 1024;

describeWith(['mount', 'umount', 'skopeo', 'dockerd', 'docker', 'root'], 'a full disk', () => {
  const workspace = createWorkspace('full');
  const dockerd = new Dockerd(workspace);
  const data = workspace.folder('data');
  const small = imageOf({ layers: [randomLayer(MIB)] });
  const large = imageOf({ layers: [randomLayer(64 * MIB)] });
  const layout = writeLayout(workspace.folder('layout'), { small, large });
  let berth: Berth;
  let env: Record<string, string>;

  beforeAll(async () => {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', data]);
    berth = await startBerth({ data });
    env = containersEnv(workspace, [berth.host]);
    await new Repository(berth, 'full').push(small, 'v1');
  });
  afterAll(async () => {
    await dockerd.stop();
    await berth.stop();
    await run('umount', [data]);
    workspace.remove();
  });

  it('is told to the client at once as a 4xx, in the middle of a body', async () => {
    const repository = new Repository(berth, 'full');
    const blob = content(LAYER, randomBytes(64 * MIB));
    const whole = withQuery(await repository.openUpload(), `digest=${blob.digest}`);
    expectError(await put(berth, whole, { body: blob.bytes }), 413, 'DENIED');
    expectError(await patch(berth, await repository.openUpload(), { body: blob.bytes }), 413, 'DENIED');
  });

  it('is what the user of skopeo reads', async () => {
    const copy = ['--insecure-policy', 'copy', '--preserve-digests', '--dest-tls-verify=false'];
    const output = await attempt(
      'skopeo',
      [...copy, `oci:${layout}:large`, `docker://${berth.host}/full:v2`],
      { env },
    );
    expect(output.code).not.toBe(0);
    expect(output.stderr).toMatch(/disk is full/i);
  });

  it('is what the user of docker reads', { timeout: 180_000 }, async () => {
    await dockerd.start();
    const archive = join(workspace.path, 'docker.tar');
    await run(
      'skopeo',
      ['--insecure-policy', 'copy', `oci:${layout}:large`, `docker-archive:${archive}:large:v1`],
      { env },
    );
    await dockerd.docker('load', '-q', '-i', archive);
    await dockerd.docker('tag', 'large:v1', `${berth.host}/full:v3`);
    await berth.forgetRequests();
    const output = await dockerd.attempt('push', `${berth.host}/full:v3`);
    // docker repeats a push five times, for a minute, unless the error's code tells it that it is no use.
    const refused = (await berth.requests()).filter(({ status }) => status === 413);
    expect(refused).toHaveLength(1);
    expect(output.code).not.toBe(0);
    expect(output.stderr + output.stdout).toMatch(/disk is full/i);
  });

  it('harms nothing that was there, and what was too large leaves its room to what is not', async () => {
    const repository = new Repository(berth, 'full');
    await repository.expectWhole('v1', small);
    const next = imageOf({ layers: [randomLayer(MIB)] });
    await repository.push(next, 'v4');
    await berth.kill();
    await berth.restart();
    await repository.expectWhole('v1', small);
    await repository.expectWhole('v4', next);
  });
});
