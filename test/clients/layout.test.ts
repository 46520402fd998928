import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv, expectLayoutHolds } from './containers.ts';
import { artifactOf, imageOf, multiPlatformImage, type Image } from './image.ts';
import { Repository } from './repository.ts';
import { run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

interface LayoutIndex {
  manifests: { mediaType: string; digest: string; size: number; annotations?: Record<string, string> }[];
}

const REF_NAME = 'org.opencontainers.image.ref.name';

describeWith(['skopeo'], 'the data folder without Berth', () => {
  const workspace = createWorkspace('folder');
  const image: Image = imageOf();
  const moved: Image = imageOf();
  const platforms = multiPlatformImage();
  let berth: Berth;

  beforeAll(async () => {
    berth = await startBerth();
    await new Repository(berth, 'team/app').push(moved, 'v1');
    await new Repository(berth, 'team/app').push(image, 'v1');
    await new Repository(berth, 'team/app').push(platforms, 'all');
    await new Repository(berth, 'other').push(image, 'v1');
    await new Repository(berth, 'other').push(
      artifactOf({ artifactType: 'application/example', subject: image }),
    );
    expect(await berth.stop()).toBe(0);
  });
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  const skopeo = (...args: string[]): Promise<string> =>
    run('skopeo', ['--insecure-policy', ...args], { env: containersEnv(workspace, []) });

  it('is an OCI image layout that names every tag', () => {
    const layout = JSON.parse(readFileSync(join(berth.data, 'oci-layout'), 'utf8')) as unknown;
    expect(layout).toEqual({ imageLayoutVersion: '1.0.0' });
    const { manifests } = JSON.parse(readFileSync(join(berth.data, 'index.json'), 'utf8')) as LayoutIndex;
    const named = Object.fromEntries(manifests.map((entry) => [entry.annotations?.[REF_NAME], entry.digest]));
    expect(named).toMatchObject({
      'team/app:v1': image.digest,
      'team/app:all': platforms.digest,
      'other:v1': image.digest,
    });
  });

  it('gives skopeo every image, byte for byte', async () => {
    for (const [name, expected] of Object.entries({
      'team/app:v1': image,
      'other:v1': image,
      'team/app:all': platforms,
    })) {
      const target = workspace.folder(name.replaceAll(/\W/g, '-'));
      await skopeo('copy', '--all', '--preserve-digests', `oci:${berth.data}:${name}`, `oci:${target}:copy`);
      expectLayoutHolds(target, expected);
    }
  });

  it('is taken up again by Berth with all that it held', async () => {
    await berth.start();
    await new Repository(berth, 'team/app').expectWhole('v1', image);
    await new Repository(berth, 'team/app').expectWhole('all', platforms);
    expect(await new Repository(berth, 'other').referrers(image.digest)).toHaveLength(1);
  });
});
