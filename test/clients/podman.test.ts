import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { busyboxLayer, imageOf, MANIFEST, multiPlatformImage, randomLayer, writeLayout } from './image.ts';
import { Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

describeWith(['podman', 'runc', 'busybox', 'root'], 'podman', () => {
  const workspace = createWorkspace('podman');
  const image = imageOf({ layers: [busyboxLayer(), randomLayer()] });
  // Pushed as zstd alone: podman would take a gzip layer that it saw in the registry instead.
  const other = imageOf({ layers: [randomLayer()] });
  const platforms = multiPlatformImage();
  const layout = writeLayout(workspace.folder('layout'), { one: image, other });
  let berth: Berth;
  let env: Record<string, string>;

  beforeAll(async () => {
    berth = await startBerth();
    env = containersEnv(workspace, [berth.host]);
    for (const [tag, { config }] of Object.entries({ one: image, other })) {
      await podman('pull', '-q', `oci:${layout}:${tag}`);
      await podman('tag', config.digest, `localhost/${tag}`);
    }
  });
  afterAll(async () => {
    await podman('system', 'reset', '--force');
    await berth.dispose();
    workspace.remove();
  });

  const podman = (...args: string[]): Promise<string> => run('podman', args, { env });
  /** Pushes and returns the digest that podman believes it pushed. */
  const push = async (name: string, local = 'one', ...flags: string[]): Promise<string> => {
    const digestFile = join(workspace.path, 'digest');
    const target = `${berth.host}/${name}`;
    await podman('push', '-q', '--digestfile', digestFile, ...flags, `localhost/${local}`, target);
    return readFileSync(digestFile, 'utf8').trim();
  };
  const pull = (name: string): Promise<string> => podman('pull', '-q', `${berth.host}/${name}`);

  it('pushes, pulls and runs an image under the digest that it was pushed with', async () => {
    const digest = await push('podman/one:v1');
    const stored = await new Repository(berth, 'podman/one').headManifest('v1', { accept: MANIFEST });
    expect(stored.headers['docker-content-digest']).toBe(digest);
    const id = (await pull(`podman/one@${digest}`)).trim();
    expect(`sha256:${id}`).toBe(image.config.digest);
    expect(await podman('run', '--rm', '--pull=never', id, 'echo', 'it runs')).toBe('it runs\n');
  });

  it('sends nothing when it pushes the same image again', async () => {
    await push('podman/again:v1');
    await berth.forgetRequests();
    await push('podman/again:v2');
    expect(await berth.uploadedBytes()).toBe(0);
  });

  it('pushes zstd layers', async () => {
    await push('podman/zstd:v1', 'other', '--compression-format', 'zstd');
    const repository = new Repository(berth, 'podman/zstd');
    for (const { mediaType, digest } of (await repository.readManifest('v1')).layers) {
      expect(mediaType).toMatch(/\+zstd$/);
      const { status, body } = await repository.getBlob(digest);
      expect(status).toBe(200);
      expect(body.readUInt32LE(0), 'the magic number of zstd').toBe(0xfd2fb528);
    }
    await pull('podman/zstd:v1');
  });

  it('pushes a manifest list with all its images', async () => {
    const repository = new Repository(berth, 'podman/list');
    for (const child of platforms.children) await repository.push(child);
    const references = platforms.children.map(({ digest }) => `docker://${berth.host}/podman/list@${digest}`);
    await podman('manifest', 'create', 'localhost/list', ...references);
    await podman(
      'manifest',
      'push',
      '--all',
      'localhost/list',
      `docker://${berth.host}/podman/list-copied:v1`,
    );
    const copied = new Repository(berth, 'podman/list-copied');
    for (const child of platforms.children) await copied.expectWhole(child.digest, child);
    const { manifests } = await copied.readManifest('v1');
    expect(manifests.map(({ digest }) => digest)).toEqual(platforms.children.map(({ digest }) => digest));
  });

  it('pulls all tags of a repository, and lists them', async () => {
    await push('podman/tags:a');
    await push('podman/tags:b');
    await podman('pull', '-q', '--all-tags', `${berth.host}/podman/tags`);
    const names = await podman('images', '--format', '{{.Repository}}:{{.Tag}}');
    expect(names).toContain(`${berth.host}/podman/tags:a`);
    expect(names).toContain(`${berth.host}/podman/tags:b`);
    const listed = await podman('search', '--list-tags', `${berth.host}/podman/tags`);
    expect(listed.match(/\b[ab]$/gm)).toEqual(['a', 'b']);
  });
});
