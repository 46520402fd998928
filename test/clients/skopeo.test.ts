import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv, expectLayoutHolds } from './containers.ts';
import {
  DOCKER_MANIFEST,
  imageOf,
  INDEX,
  MANIFEST,
  multiPlatformImage,
  randomLayer,
  writeLayout,
} from './image.ts';
import { expectError, Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

describeWith(['skopeo'], 'skopeo', () => {
  const workspace = createWorkspace('skopeo');
  const image = imageOf({ layers: [randomLayer(), randomLayer(1024 * 1024)] });
  const platforms = multiPlatformImage();
  const untyped = imageOf({ untyped: true });
  // Pushed as zstd alone: skopeo would take a gzip layer that it saw in the registry instead.
  const unpacked = imageOf();
  const layout = writeLayout(workspace.folder('layout'), { one: image, all: platforms, untyped, unpacked });
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

  const skopeo = (...args: string[]): Promise<string> =>
    run('skopeo', ['--insecure-policy', ...args], { env });
  const PLAIN_HTTP = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  const copy = (from: string, to: string, ...flags: string[]): Promise<string> =>
    skopeo('copy', '--preserve-digests', ...PLAIN_HTTP, ...flags, from, to);
  const remote = (name: string): string => `docker://${berth.host}/${name}`;

  it('pushes an image and pulls the same bytes', async () => {
    await copy(`oci:${layout}:one`, remote('skopeo/one:v1'));
    await new Repository(berth, 'skopeo/one').expectWhole('v1', image);
    const pulled = workspace.folder('pulled');
    await copy(remote('skopeo/one:v1'), `oci:${pulled}:v1`);
    expectLayoutHolds(pulled, image);
  });

  it('sends nothing when it pushes the same image again', async () => {
    await copy(`oci:${layout}:one`, remote('skopeo/again:v1'));
    await berth.forgetRequests();
    await copy(`oci:${layout}:one`, remote('skopeo/again:v2'));
    expect(await berth.uploadedBytes()).toBe(0);
    expect(await new Repository(berth, 'skopeo/again').tags()).toEqual(['v1', 'v2']);
  });

  it('mounts the layers that another repository has instead of sending them', async () => {
    await copy(`oci:${layout}:one`, remote('skopeo/source:v1'));
    await berth.forgetRequests();
    await copy(remote('skopeo/source:v1'), remote('skopeo/target:v1'));
    // skopeo mounts layers alone: the config is sent again.
    expect(await berth.uploadedBytes()).toBeLessThanOrEqual(image.config.size);
    await new Repository(berth, 'skopeo/target').expectWhole('v1', image);
  });

  it('copies a multi-platform image with all its platforms', async () => {
    await copy(`oci:${layout}:all`, remote('skopeo/all:v1'), '--all');
    await copy(remote('skopeo/all:v1'), remote('skopeo/all-copied:v1'), '--all');
    const pulled = workspace.folder('pulled-all');
    await copy(remote('skopeo/all-copied:v1'), `oci:${pulled}:v1`, '--all');
    expectLayoutHolds(pulled, platforms);
    expect((await new Repository(berth, 'skopeo/all').headManifest('v1')).headers['content-type']).toBe(
      INDEX,
    );
  });

  it('pushes a manifest that does not name its own type', async () => {
    await copy(`oci:${layout}:untyped`, remote('skopeo/untyped:v1'));
    const repository = new Repository(berth, 'skopeo/untyped');
    await repository.expectWhole('v1', untyped);
    expect((await repository.getManifest('v1')).headers['content-type']).toBe(MANIFEST);
  });

  it('pushes zstd layers and pulls them back', async () => {
    const zstd = ['--dest-compress-format', 'zstd', '--dest-compress'];
    const flat = workspace.folder('flat');
    // skopeo compresses what is not compressed yet, so the layers are unpacked into a folder first.
    await skopeo('copy', '--dest-decompress', `oci:${layout}:unpacked`, `dir:${flat}`);
    await skopeo('copy', ...PLAIN_HTTP, ...zstd, `dir:${flat}`, remote('skopeo/zstd:v1'));
    const { layers } = await new Repository(berth, 'skopeo/zstd').readManifest('v1');
    const types = layers.map(({ mediaType }) => mediaType);
    expect(new Set(types)).toEqual(new Set(['application/vnd.oci.image.layer.v1.tar+zstd']));
    await copy(remote('skopeo/zstd:v1'), `oci:${workspace.folder('pulled-zstd')}:v1`);
  });

  it('pushes a docker schema 2 image', async () => {
    const folder = workspace.folder('docker');
    await skopeo('copy', ...PLAIN_HTTP, '--format', 'v2s2', `oci:${layout}:one`, remote('skopeo/docker:v1'));
    await copy(remote('skopeo/docker:v1'), `dir:${folder}`);
    const stored = await new Repository(berth, 'skopeo/docker').getManifest('v1');
    expect(stored.body.equals(readFileSync(join(folder, 'manifest.json')))).toBe(true);
    expect(stored.headers['content-type']).toBe(DOCKER_MANIFEST);
  });

  it('lists tags and inspects an image', async () => {
    await copy(`oci:${layout}:one`, remote('skopeo/look:b'));
    await copy(`oci:${layout}:one`, remote('skopeo/look:a'));
    const tags = await skopeo('list-tags', '--tls-verify=false', remote('skopeo/look'));
    expect((JSON.parse(tags) as { Tags: string[] }).Tags).toEqual(['a', 'b']);
    const inspected = await skopeo('inspect', '--tls-verify=false', remote('skopeo/look:a'));
    expect((JSON.parse(inspected) as { Digest: string }).Digest).toBe(image.digest);
  });

  it('deletes an image', async () => {
    await copy(`oci:${layout}:one`, remote('skopeo/gone:v1'));
    await skopeo('delete', '--tls-verify=false', remote('skopeo/gone:v1'));
    const repository = new Repository(berth, 'skopeo/gone');
    expectError(await repository.getManifest('v1'), 404, 'MANIFEST_UNKNOWN');
    expectError(await repository.getManifest(image.digest), 404, 'MANIFEST_UNKNOWN');
  });
});

describeWith(['skopeo', 'umoci'], 'umoci and skopeo', () => {
  const workspace = createWorkspace('umoci');
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
  });
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  it('pushes what umoci made and pulls the same bytes', async () => {
    const env = containersEnv(workspace, [berth.host]);
    const layout = join(workspace.path, 'umoci');
    const bytes = workspace.file('hello.txt', 'hello\n');
    await run('umoci', ['init', '--layout', layout], { env });
    await run('umoci', ['new', '--image', `${layout}:v1`], { env });
    await run('umoci', ['insert', '--image', `${layout}:v1`, bytes, '/hello.txt'], { env });
    const target = `docker://${berth.host}/umoci/made:v1`;
    const flags = ['--insecure-policy', 'copy', '--preserve-digests', '--dest-tls-verify=false'];
    await run('skopeo', [...flags, `oci:${layout}:v1`, target], { env });
    const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[];
    };
    const stored = await new Repository(berth, 'umoci/made').getManifest('v1', { accept: MANIFEST });
    expect(stored.headers['docker-content-digest']).toBe(manifests[0]?.digest);
    expect(stored.headers['content-type']).toBe(MANIFEST);
  });
});
