import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { expectLayoutHolds } from './containers.ts';
import { imageOf, multiPlatformImage, randomLayer, writeLayout } from './image.ts';
import { startProxy } from './proxy.ts';
import { Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWithGo } from './tools.ts';
import { createWorkspace } from './workspace.ts';

await describeWithGo('regctl', 'github.com/regclient/regclient/cmd/regctl@v0.11.7', (path) => {
  const workspace = createWorkspace('regctl');
  const image = imageOf({ layers: [randomLayer(), randomLayer(1024 * 1024)] });
  const platforms = multiPlatformImage();
  const layout = writeLayout(workspace.folder('layout'), { one: image, all: platforms });
  let berth: Berth;

  beforeAll(async () => {
    berth = await startBerth();
    await regctl('registry', 'set', berth.host, '--tls', 'disabled', '--skip-check');
  });
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  const regctl = async (...args: string[]): Promise<string> => {
    const env = { HOME: workspace.folder('home'), REGCTL_CONFIG: `${workspace.path}/regctl.json` };
    return (await run(path, args, { env })).trim();
  };

  it('copies images of all platforms in and out, byte for byte', async () => {
    await regctl('image', 'copy', `ocidir://${layout}:all`, `${berth.host}/regctl/all:v1`);
    await new Repository(berth, 'regctl/all').expectWhole('v1', platforms);
    const pulled = workspace.folder('pulled');
    await regctl('image', 'copy', `${berth.host}/regctl/all:v1`, `ocidir://${pulled}:v1`);
    expectLayoutHolds(pulled, platforms);
  });

  it('sends nothing when it copies the same image again', async () => {
    await regctl('image', 'copy', `ocidir://${layout}:one`, `${berth.host}/regctl/again:v1`);
    await berth.forgetRequests();
    await regctl('image', 'copy', `ocidir://${layout}:one`, `${berth.host}/regctl/again:v2`);
    expect(await berth.uploadedBytes()).toBe(0);
  });

  it('attaches artifacts, and finds them with a filter', async () => {
    const name = `${berth.host}/regctl/subject:v1`;
    await regctl('image', 'copy', `ocidir://${layout}:one`, name);
    for (const type of ['application/example.sbom', 'application/example.signature']) {
      const file = workspace.file('artifact.txt', type);
      await regctl('artifact', 'put', '--subject', name, '--artifact-type', type, '-f', file);
    }
    const repository = new Repository(berth, 'regctl/subject');
    expect(await repository.referrers(image.digest)).toHaveLength(2);
    // With the referrers API at hand, no sha256-... tag is left behind.
    expect(await repository.tags()).toEqual(['v1']);
    const format = '{{range .Descriptors}}{{.ArtifactType}}{{end}}';
    const filter = ['--filter-artifact-type', 'application/example.sbom'];
    expect(await regctl('artifact', 'list', ...filter, '--format', format, name)).toBe(
      'application/example.sbom',
    );
  });

  it('copies an image together with its referrers', async () => {
    const [from, to] = [`${berth.host}/regctl/from:v1`, `${berth.host}/regctl/to:v1`];
    await regctl('image', 'copy', `ocidir://${layout}:one`, from);
    const file = workspace.file('sbom.txt', 'an sbom');
    await regctl(
      'artifact',
      'put',
      '--subject',
      from,
      '--artifact-type',
      'application/example.sbom',
      '-f',
      file,
    );
    await regctl('image', 'copy', '--referrers', from, to);
    expect(await new Repository(berth, 'regctl/to').referrers(image.digest)).toHaveLength(1);
  });

  it('deletes a tag and keeps the image that another tag names', async () => {
    await regctl('image', 'copy', `ocidir://${layout}:one`, `${berth.host}/regctl/tags:a`);
    await regctl('image', 'copy', `ocidir://${layout}:one`, `${berth.host}/regctl/tags:b`);
    await regctl('tag', 'delete', `${berth.host}/regctl/tags:a`);
    expect(await regctl('tag', 'ls', `${berth.host}/regctl/tags`)).toBe('b');
    await new Repository(berth, 'regctl/tags').expectWhole('b', image);
  });

  it.each([
    ['repeats an upload in one piece that was cut', []],
    ['resumes an upload in chunks that was cut', ['--blob-chunk', '1048576', '--blob-max', '1048576']],
  ])('%s', async (_name, settings) => {
    const size = 8 * 1024 * 1024;
    const big = imageOf({ layers: [randomLayer(size)] });
    const from = writeLayout(workspace.folder(big.digest.slice(7, 19)), { v1: big });
    const proxy = await startProxy(berth, { cutUploadAfter: size / 2 });
    try {
      await regctl('registry', 'set', proxy.host, '--tls', 'disabled', '--skip-check', ...settings);
      await berth.forgetRequests();
      await regctl('image', 'copy', `ocidir://${from}:v1`, `${proxy.host}/regctl/cut:v1`);
      expect(proxy.cuts).toBe(1);
      await new Repository(berth, 'regctl/cut').expectWhole('v1', big);
      const chunks = (await berth.requests()).filter(({ method }) => method === 'PATCH');
      expect(chunks.length > 0).toBe(settings.length > 0);
      // Chunks that had arrived are not sent again.
      if (settings.length > 0) expect(await berth.uploadedBytes()).toBeLessThan(size * 1.2);
    } finally {
      await proxy.stop();
    }
  });
});
