import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBerth, type Berth } from './berth.ts';
import { imageOf } from './image.ts';
import { Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWithGo } from './tools.ts';
import { createWorkspace } from './workspace.ts';

await describeWithGo('oras', 'oras.land/oras/cmd/oras@v1.3.0', (path) => {
  const workspace = createWorkspace('oras');
  const image = imageOf();
  let berth: Berth;

  beforeAll(async () => {
    berth = await startBerth();
    workspace.file('hello.txt', 'hello\n');
  });
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  const oras = (...args: string[]): Promise<string> =>
    run(path, args, { env: { HOME: workspace.folder('home') }, cwd: workspace.path });

  it('pushes a file as an artifact and pulls it back', async () => {
    const name = `${berth.host}/oras/file:v1`;
    await oras(
      'push',
      '--plain-http',
      '--artifact-type',
      'application/example',
      name,
      'hello.txt:text/plain',
    );
    const pulled = workspace.folder('pulled');
    await oras('pull', '--plain-http', '-o', pulled, name);
    expect(readFileSync(join(pulled, 'hello.txt'), 'utf8')).toBe('hello\n');
  });

  it('attaches an artifact to an image and discovers it by the referrers API', async () => {
    const name = `${berth.host}/oras/subject:v1`;
    await new Repository(berth, 'oras/subject').push(image, 'v1');
    await oras(
      'attach',
      '--plain-http',
      '--artifact-type',
      'application/example.sbom',
      name,
      'hello.txt:text/plain',
    );
    const found = await oras('discover', '--plain-http', '--distribution-spec', 'v1.1-referrers-api', name);
    expect(found).toContain('application/example.sbom');
    expect(await new Repository(berth, 'oras/subject').tags()).toEqual(['v1']);
  });

  it('copies an image with its referrers to another repository', async () => {
    await oras(
      'cp',
      '-r',
      '--from-plain-http',
      '--to-plain-http',
      `${berth.host}/oras/subject:v1`,
      `${berth.host}/oras/copy:v1`,
    );
    await new Repository(berth, 'oras/copy').expectWhole('v1', image);
    expect(await new Repository(berth, 'oras/copy').referrers(image.digest)).toHaveLength(1);
  });

  it('deletes a manifest', async () => {
    const name = `${berth.host}/oras/gone:v1`;
    await new Repository(berth, 'oras/gone').push(image, 'v1');
    await oras('manifest', 'delete', '--plain-http', '--force', name);
    expect((await new Repository(berth, 'oras/gone').headManifest('v1')).status).toBe(404);
  });
});
