import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { Dockerd } from './dockerd.ts';
import { busyboxLayer, DOCKER_MANIFEST, imageOf, randomLayer, type Image } from './image.ts';
import { captured } from './present.ts';
import { startProxy } from './proxy.ts';
import { expectError, Repository } from './repository.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

describeWith(['dockerd', 'docker', 'containerd', 'runc', 'busybox', 'root'], 'dockerd', () => {
  const workspace = createWorkspace('dockerd');
  const dockerd = new Dockerd(workspace);
  const base: Image = imageOf({ layers: [busyboxLayer()] });
  let berth: Berth;
  let context: string;

  beforeAll(async () => {
    berth = await startBerth();
    await new Repository(berth, 'base').push(base, 'v1');
    context = workspace.folder('context');
    workspace.file('context/hello.txt', `hello ${crypto.randomUUID()}\n`);
    workspace.file(
      'context/Dockerfile',
      `FROM ${berth.host}/base:v1\nCOPY hello.txt /\nCMD ["cat", "/hello.txt"]\n`,
    );
    await dockerd.start();
    await docker('build', '-q', '-t', 'app', context);
  });
  afterAll(async () => {
    await dockerd.stop();
    await berth.dispose();
    workspace.remove();
  });

  const docker = (...args: string[]): Promise<string> => dockerd.docker(...args);
  /** Pushes what was built, and returns the digest that docker prints. */
  const push = async (name: string): Promise<string> => {
    await docker('tag', 'app', `${berth.host}/${name}`);
    const output = await docker('push', `${berth.host}/${name}`);
    return captured(/digest: (sha256:[0-9a-f]{64})/, output);
  };

  it('pushes, pulls by digest and runs an image', async () => {
    const digest = await push('docker/app:v1');
    const stored = await new Repository(berth, 'docker/app').getManifest('v1', { accept: DOCKER_MANIFEST });
    expect(stored.headers['docker-content-digest']).toBe(digest);
    expect(stored.headers['content-type']).toBe(DOCKER_MANIFEST);
    await docker('rmi', '-f', 'app', `${berth.host}/docker/app:v1`);
    const reference = `${berth.host}/docker/app@${digest}`;
    await docker('pull', '-q', reference);
    expect(await docker('run', '--rm', '--network', 'none', reference)).toMatch(/^hello /);
    await docker('tag', reference, 'app');
  });

  it('sends nothing when it pushes the same image again', async () => {
    await push('docker/again:v1');
    await berth.forgetRequests();
    await push('docker/again:v2');
    expect(await berth.uploadedBytes()).toBe(0);
  });

  it('mounts the layers that another repository has', async () => {
    await push('docker/source:v1');
    await berth.forgetRequests();
    await push('docker/target:v1');
    const { layers } = await new Repository(berth, 'docker/target').readManifest('v1');
    const mounts = (await berth.requests()).filter(
      ({ method, status }) => method === 'POST' && status === 201,
    );
    expect(mounts.length).toBeGreaterThanOrEqual(layers.length);
  });

  it('pushes all tags of a repository', async () => {
    for (const tag of ['a', 'b', 'c']) await docker('tag', 'app', `${berth.host}/docker/all:${tag}`);
    await docker('push', '--all-tags', `${berth.host}/docker/all`);
    expect(await new Repository(berth, 'docker/all').tags()).toEqual(['a', 'b', 'c']);
    await docker('pull', '-q', '--all-tags', `${berth.host}/docker/all`);
  });

  it('pushes a manifest list', async () => {
    await push('docker/list:amd64');
    await push('docker/list:arm64');
    const list = `${berth.host}/docker/list:v1`;
    const parts = ['amd64', 'arm64'].map((tag) => `${berth.host}/docker/list:${tag}`);
    await docker('manifest', 'create', '--insecure', list, ...parts);
    await docker('manifest', 'push', '--insecure', list);
    const { manifests } = await new Repository(berth, 'docker/list').readManifest('v1');
    expect(manifests.length).toBeGreaterThan(0);
  });

  it('resumes a pull that was cut, with a range', async () => {
    const size = 24 * 1024 * 1024;
    await new Repository(berth, 'docker/cut').push(imageOf({ layers: [randomLayer(size)] }), 'v1');
    const proxy = await startProxy(berth, { cutDownloadAfter: size / 2 });
    try {
      await berth.forgetRequests();
      await docker('pull', '-q', `${proxy.host}/docker/cut:v1`);
      expect(proxy.cuts).toBe(1);
      expect((await berth.requests()).map(({ status }) => status)).toContain(206);
    } finally {
      await proxy.stop();
    }
  });

  it('repeats a push that was cut', async () => {
    const size = 8 * 1024 * 1024;
    workspace.file('context/big', Buffer.from(randomLayer(size).bytes));
    workspace.file('context/Big', 'FROM scratch\nCOPY big /\n');
    await docker('build', '-q', '-f', `${context}/Big`, '-t', 'big', context);
    const proxy = await startProxy(berth, { cutUploadAfter: size / 2 });
    try {
      await docker('tag', 'big', `${proxy.host}/docker/cut-push:v1`);
      await docker('push', '-q', `${proxy.host}/docker/cut-push:v1`);
      expect(proxy.cuts).toBe(1);
      await docker('rmi', '-f', 'big', `${proxy.host}/docker/cut-push:v1`);
      await docker('pull', '-q', `${berth.host}/docker/cut-push:v1`);
    } finally {
      await proxy.stop();
    }
  });

  it('shows the reason when an image is not there', async () => {
    const output = await dockerd.attempt('pull', `${berth.host}/docker/nothing:here`);
    expect(output.code).not.toBe(0);
    expect(output.stderr).toMatch(/not found|manifest unknown/);
    expectError(await new Repository(berth, 'docker/nothing').getManifest('here'), 404);
  });
});
