import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { busyboxLayer, imageOf, type Image } from './image.ts';
import { Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

describeWith(['buildah', 'busybox', 'root'], 'buildah', () => {
  const workspace = createWorkspace('buildah');
  const base: Image = imageOf({ layers: [busyboxLayer()] });
  let berth: Berth;
  let env: Record<string, string>;
  let context: string;

  beforeAll(async () => {
    berth = await startBerth();
    env = containersEnv(workspace, [berth.host]);
    await new Repository(berth, 'base').push(base, 'v1');
    context = workspace.folder('context');
    workspace.file('context/hello.txt', 'hello\n');
    workspace.file(
      'context/Containerfile',
      `FROM ${berth.host}/base:v1\nCOPY hello.txt /\nRUN cat /hello.txt\n`,
    );
  });
  afterAll(async () => {
    await buildah('rmi', '--all', '--force');
    await berth.dispose();
    workspace.remove();
  });

  const buildah = (...args: string[]): Promise<string> => run('buildah', args, { env });
  const build = (tag: string, ...flags: string[]): Promise<string> =>
    buildah('bud', '--isolation', 'chroot', '--layers', '--pull-always', ...flags, '-t', tag, context);
  const push = (name: string): Promise<string> => buildah('push', '-q', name, `docker://${name}`);

  it('builds on an image of the registry and pushes the result', async () => {
    const name = `${berth.host}/buildah/app:v1`;
    await build(name);
    await push(name);
    const repository = new Repository(berth, 'buildah/app');
    const { layers, config } = await repository.readManifest('v1');
    expect(layers.length).toBeGreaterThan(1);
    for (const { digest, size } of [...layers, config]) {
      const { status, headers } = await repository.headBlob(digest);
      expect([status, headers['content-length']]).toEqual([200, String(size)]);
    }
  });

  it('sends nothing when it pushes the same image again', async () => {
    const name = `${berth.host}/buildah/again:v1`;
    await build(name);
    await push(name);
    await berth.forgetRequests();
    await push(name);
    expect(await berth.uploadedBytes()).toBe(0);
  });

  it('keeps its build cache in a repository and finds it there again', async () => {
    const cache = `${berth.host}/buildah/cache`;
    await build('localhost/cached:1', '--cache-to', cache, '--cache-from', cache);
    expect((await new Repository(berth, 'buildah/cache').tags()).length).toBeGreaterThan(0);
    await buildah('rmi', '--all', '--force');
    const output = await build('localhost/cached:2', '--cache-to', cache, '--cache-from', cache);
    expect(output).toContain('Cache pulled from remote');
  });

  it('pushes a manifest list with all its images', async () => {
    const name = `${berth.host}/buildah/list:v1`;
    await buildah('manifest', 'create', name);
    for (const architecture of ['amd64', 'arm64']) {
      const child = imageOf({ platform: { os: 'linux', architecture } });
      await new Repository(berth, 'buildah/parts').push(child, architecture);
      await buildah(
        'manifest',
        'add',
        '--tls-verify=false',
        name,
        `docker://${berth.host}/buildah/parts:${architecture}`,
      );
    }
    await buildah('manifest', 'push', '--all', '--tls-verify=false', name, `docker://${name}`);
    const repository = new Repository(berth, 'buildah/list');
    const { manifests } = await repository.readManifest('v1');
    expect(manifests.map(({ platform }) => platform?.architecture)).toEqual(['amd64', 'arm64']);
    for (const { digest } of manifests) expect((await repository.headManifest(digest)).status).toBe(200);
  });
});
