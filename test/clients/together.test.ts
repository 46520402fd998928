import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { Dockerd } from './dockerd.ts';
import { get, json } from './http.ts';
import { digestOf, imageOf, randomLayer, writeLayout } from './image.ts';
import { Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

const MIB = 1024 * 1024;

describeWith(['skopeo', 'podman', 'buildah', 'dockerd', 'docker', 'root'], 'four clients at once', () => {
  const workspace = createWorkspace('four');
  const dockerd = new Dockerd(workspace);
  const image = imageOf({ layers: [randomLayer(4 * MIB), randomLayer(8 * MIB), randomLayer()] });
  const layout = writeLayout(workspace.folder('layout'), { v1: image });
  let berth: Berth;
  let env: Record<string, string>;

  beforeAll(async () => {
    berth = await startBerth();
    env = containersEnv(workspace, [berth.host]);
    const archive = join(workspace.path, 'docker.tar');
    await run(
      'skopeo',
      ['--insecure-policy', 'copy', `oci:${layout}:v1`, `docker-archive:${archive}:four:v1`],
      { env },
    );
    await run('podman', ['pull', '-q', `oci:${layout}:v1`], { env });
    await run('podman', ['tag', image.config.digest, 'localhost/four:v1'], { env });
    await dockerd.start();
    await dockerd.docker('load', '-q', '-i', archive);
  });
  afterAll(async () => {
    await dockerd.stop();
    await run('podman', ['system', 'reset', '--force'], { env });
    await berth.dispose();
    workspace.remove();
  });

  it('take the same image to the same repository, and each finds its own push whole', async () => {
    const target = (tag: string): string => `${berth.host}/four:${tag}`;
    await dockerd.docker('tag', 'four:v1', target('docker'));
    const remote = ['--preserve-digests', '--dest-tls-verify=false', `oci:${layout}:v1`];
    await Promise.all([
      run('skopeo', ['--insecure-policy', 'copy', ...remote, `docker://${target('skopeo')}`], { env }),
      run('podman', ['push', '-q', 'localhost/four:v1', target('podman')], { env }),
      run('buildah', ['push', '-q', 'localhost/four:v1', `docker://${target('buildah')}`], { env }),
      dockerd.docker('push', '-q', target('docker')),
    ]);
    const repository = new Repository(berth, 'four');
    expect(await repository.tags()).toEqual(['buildah', 'docker', 'podman', 'skopeo']);
    await repository.expectWhole('skopeo', image);
    for (const tag of await repository.tags()) {
      const { config, layers } = await repository.readManifest(tag);
      for (const { digest } of [config, ...layers]) {
        const blob = await repository.getBlob(digest);
        expect([blob.status, digestOf(blob.body)], `${digest} of ${tag}`).toEqual([200, digest]);
      }
    }
    await dockerd.docker('pull', '-q', target('skopeo'));
    expect(berth.uploadFiles()).toEqual([]);
  });

  it('move one tag at once, and it ends on what one of them pushed', async () => {
    const target = `${berth.host}/moved:v1`;
    await dockerd.docker('tag', 'four:v1', target);
    const remote = ['--preserve-digests', '--dest-tls-verify=false', `oci:${layout}:v1`];
    await Promise.all([
      run('skopeo', ['--insecure-policy', 'copy', ...remote, `docker://${target}`], { env }),
      run('podman', ['push', '-q', 'localhost/four:v1', target], { env }),
      run('buildah', ['push', '-q', 'localhost/four:v1', `docker://${target}`], { env }),
      dockerd.docker('push', '-q', target),
    ]);
    const answer = await get(berth, '/v2/moved/manifests/v1', { accept: '*/*' });
    expect(digestOf(answer.body)).toBe(answer.headers['docker-content-digest']);
    expect(json<{ layers: unknown[] }>(answer).layers).toHaveLength(3);
  });
});
