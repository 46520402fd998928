import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { expectLayoutHolds } from './containers.ts';
import { imageOf, multiPlatformImage, randomLayer, writeLayout } from './image.ts';
import { expectError, Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWithGo } from './tools.ts';
import { createWorkspace } from './workspace.ts';

await describeWithGo('crane', 'github.com/google/go-containerregistry/cmd/crane@v0.22.1', (path) => {
  const workspace = createWorkspace('crane');
  const image = imageOf({ layers: [randomLayer(), randomLayer(1024 * 1024)] });
  const platforms = multiPlatformImage();
  // crane takes a whole layout, so each image has one.
  const layout = writeLayout(workspace.folder('layout'), { one: image });
  const layoutOfAll = writeLayout(workspace.folder('layout-all'), { all: platforms });
  let berth: Berth;

  beforeAll(async () => {
    berth = await startBerth();
  });
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  const crane = async (...args: string[]): Promise<string> =>
    (await run(path, args, { env: { HOME: workspace.folder('home') } })).trim();

  it('pushes an image and pulls the same bytes', async () => {
    const name = `${berth.host}/crane/one:v1`;
    await crane('push', layout, name);
    await new Repository(berth, 'crane/one').expectWhole('v1', image);
    expect(await crane('digest', name)).toBe(image.digest);
    const pulled = workspace.folder('pulled');
    await crane('pull', '--format', 'oci', name, pulled);
    expectLayoutHolds(pulled, image);
    await crane('validate', '--remote', name);
  });

  it('pushes and copies a multi-platform image with all its platforms', async () => {
    await crane('push', '--index', layoutOfAll, `${berth.host}/crane/all:v1`);
    await crane('copy', `${berth.host}/crane/all:v1`, `${berth.host}/crane/all-copied:v1`);
    // crane makes the layout's own index.json the image, and what was in it its child.
    await new Repository(berth, 'crane/all-copied').expectWhole(platforms.digest, platforms);
    const digest = await crane('digest', `${berth.host}/crane/all:v1`);
    expect(await crane('digest', `${berth.host}/crane/all-copied:v1`)).toBe(digest);
  });

  it('sends nothing when it pushes the same image again', async () => {
    await crane('push', layout, `${berth.host}/crane/again:v1`);
    await berth.forgetRequests();
    await crane('push', layout, `${berth.host}/crane/again:v2`);
    expect(await berth.uploadedBytes()).toBe(0);
  });

  it('mounts layers when it copies between repositories', async () => {
    await crane('push', layout, `${berth.host}/crane/source:v1`);
    await berth.forgetRequests();
    await crane('copy', `${berth.host}/crane/source:v1`, `${berth.host}/crane/target:v1`);
    expect(await berth.uploadedBytes()).toBe(0);
    await new Repository(berth, 'crane/target').expectWhole('v1', image);
  });

  it('appends a layer, tags, lists and deletes', async () => {
    const base = `${berth.host}/crane/edit:v1`;
    await crane('push', layout, base);
    const layer = workspace.file('layer.tar', randomLayer().bytes);
    await crane('append', '-b', base, '-f', layer, '-t', `${berth.host}/crane/edit:v2`);
    await crane('tag', base, 'v3');
    expect(await crane('ls', `${berth.host}/crane/edit`)).toBe('v1\nv2\nv3');
    expect((await crane('catalog', berth.host)).split('\n')).toContain('crane/edit');
    await crane('delete', `${berth.host}/crane/edit@${image.digest}`);
    const repository = new Repository(berth, 'crane/edit');
    expectError(await repository.getManifest('v3'), 404, 'MANIFEST_UNKNOWN');
    expect(await repository.tags()).toEqual(['v2']);
  });
});
