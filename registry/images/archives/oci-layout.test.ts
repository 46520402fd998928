import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveOf, layoutFiles } from '../../../test/domain/archive.ts';
import { ImportStore } from '../../../test/domain/import.ts';
import {
  artifactOf,
  contentsOf,
  DOCKER_MANIFEST,
  imageOf,
  indexOf,
  multiPlatformImage,
} from '../../../test/clients/image.ts';

let at: ImportStore;

beforeEach(async () => {
  at = await ImportStore.open();
});
afterEach(() => at.close());

const CONTAINERD = 'io.containerd.image.name';
const REF_NAME = 'org.opencontainers.image.ref.name';

describe('an OCI layout', () => {
  it('is stored byte for byte, every platform of it', async () => {
    const image = multiPlatformImage();
    const annotations = { [CONTAINERD]: 'docker.io/library/app:v1', [REF_NAME]: 'v1' };
    const staged = await at.stage(archiveOf(layoutFiles([{ image, annotations }])));
    expect(staged.images).toMatchObject([
      { kind: 'index', platforms: ['linux/amd64', 'linux/arm64', 'linux/s390x'], layers: 3 },
    ]);
    await at.apply(staged.id);
    await at.expectHolds('app', 'v1', image);
  });

  it.each([
    [{ [REF_NAME]: 'localhost/app:v2' }, ['app:v2']],
    [{ [CONTAINERD]: 'registry.example.com:5000/library/app:v1', [REF_NAME]: 'v9' }, ['library/app:v1']],
    [{ [REF_NAME]: 'v1' }, []],
    [{ [REF_NAME]: 'UPPER/case:v1' }, []],
  ])('is called by its annotations %j', async (annotations, names) => {
    const { images } = await at.stage(
      archiveOf(layoutFiles([{ image: imageOf(), annotations }])),
      'file.tar',
    );
    expect(images[0]?.targets.map(({ repository, tag }) => `${repository}:${tag}`)).toEqual(names);
    if (REF_NAME in annotations && annotations[REF_NAME] === 'v1')
      expect(images[0]?.suggestions).toEqual(['file:v1']);
  });

  it('lists an image once for each of its names', async () => {
    const [image, other] = [imageOf(), imageOf()];
    const named = ['app:v1', 'app:v2', 'app:v1', 'app:v3'].map((name) => ({
      image,
      annotations: { [CONTAINERD]: name },
    }));
    const files = layoutFiles([...named, { image: other, annotations: { [CONTAINERD]: 'other:v1' } }]);
    const { images } = await at.stage(archiveOf(files));
    expect(images.map(({ targets }) => targets.map(({ tag }) => tag))).toEqual([['v1', 'v2', 'v3'], ['v1']]);
  });

  it('keeps every tag of an image without a name', async () => {
    const [image, other] = [imageOf(), imageOf()];
    const tagged = ['v1', 'latest', 'v1'].map((tag) => ({ image, annotations: { [REF_NAME]: tag } }));
    const files = layoutFiles([...tagged, { image: other, annotations: { [REF_NAME]: 'v2' } }]);
    const { images } = await at.stage(archiveOf(files), 'umoci');
    expect(images.map(({ suggestions }) => suggestions)).toEqual([
      ['umoci:v1', 'umoci:latest'],
      ['umoci:v2'],
    ]);
  });

  it.each([
    [
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      /lists ".*", Docker's first form .* Pull it/,
    ],
    ['text/plain', /The archive holds no image: it lists "text\/plain"\./],
    [DOCKER_MANIFEST, /called ".*docker.*", and itself it says ".*oci.*"\./],
  ])('is refused if all that it lists is called %s', async (mediaType, message) => {
    const files = layoutFiles([{ image: { ...imageOf(), mediaType } }]);
    await expect(at.stage(archiveOf(files))).rejects.toThrow(message);
    await at.expectNothing();
  });

  it('may lack platforms, and says so', async () => {
    const [first = imageOf(), second = imageOf()] = multiPlatformImage().children;
    const index = indexOf([first, second]);
    const gone = new Set(contentsOf(second).map(({ digest }) => `blobs/${digest.replace(':', '/')}`));
    const files = layoutFiles([{ image: index, annotations: { [CONTAINERD]: 'app:v1' } }]);
    const partial = archiveOf(files.filter(({ name }) => !gone.has(name)));
    await expect(at.stage(partial)).rejects.toThrow('this registry takes no such images');
    await at.again({ sparse: 'indexes' });
    const staged = await at.stage(partial);
    expect(staged.warnings.join()).toMatch(/Of the 2 images of sha256:\w+, 1 is not in the archive/);
    expect(staged.images[0]?.platforms).toEqual(['linux/amd64']);
    await at.apply(staged.id);
    expect(at.has('app', first)).toBe(true);
    expect(at.has('app', second)).toBe(false);
  });

  it('says once what it says often, and no more than anybody reads', async () => {
    const types = Array.from({ length: 300 }, (_, index) => `text/${index >> 1}`);
    const others = types.map((mediaType) => ({ image: { ...imageOf(), mediaType } }));
    const staged = await at.stage(archiveOf(layoutFiles([...others, { image: imageOf() }])));
    expect(staged.warnings).toHaveLength(101);
    expect(new Set(staged.warnings).size).toBe(101);
    expect(staged.warnings.at(-1)).toContain('50 more');
  });

  it('brings along what is attached to its images', async () => {
    const image = imageOf();
    const signature = artifactOf({ artifactType: 'application/example', subject: image });
    const named = { image, annotations: { [CONTAINERD]: 'app:v1' } };
    const staged = await at.stage(archiveOf(layoutFiles([named, { image: signature }])));
    expect(staged.images).toHaveLength(1);
    await at.apply(staged.id);
    expect(at.referrers('app', image)).toEqual([signature.digest]);
  });

  it('holds artifacts that are no images', async () => {
    const chart = artifactOf({ artifactType: 'application/vnd.cncf.helm.chart.v1' });
    const staged = await at.stage(
      archiveOf(layoutFiles([{ image: chart, annotations: { [REF_NAME]: 'charts/a:1' } }])),
    );
    expect(staged.images).toMatchObject([{ kind: 'artifact', platforms: [] }]);
    await at.apply(staged.id);
    await at.expectHolds('charts/a', '1', chart);
  });
});
