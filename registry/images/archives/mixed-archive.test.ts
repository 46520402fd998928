import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  archiveOf,
  layoutFiles,
  newDockerFiles,
  plainLayer,
  sha256,
  type ArchiveFile,
  type DockerImage,
} from '../../../test/domain/archive.ts';
import { imageOf, indexOf, type Image, type PlatformImage } from '../../../test/clients/image.ts';
import { ImportStore } from '../../../test/domain/import.ts';
import type { Import } from './staged-import.ts';

let at: ImportStore;

beforeEach(async () => {
  at = await ImportStore.open();
});
afterEach(() => at.close());

const IN_BOTH: DockerImage = { names: ['app:v1'], layers: [plainLayer('base', 200_000), plainLayer('a')] };
const IN_LIST: DockerImage = { names: ['lib:v2'], layers: [plainLayer('base', 200_000), plainLayer('b')] };

/** `docker save` of both, and an index.json that has only the first. */
function halfListed(images = [IN_BOTH, IN_LIST]): ArchiveFile[] {
  return newDockerFiles(images).map((file) => {
    if (file.name !== 'index.json') return file;
    const { manifests } = JSON.parse(String(file.content)) as { manifests: unknown[] };
    const content = JSON.stringify({ schemaVersion: 2, manifests: manifests.slice(0, 1) });
    return Object.assign(file, { content });
  });
}

function named(
  image: Image,
  annotations: Record<string, string>,
  RepoTags: string[],
  of: PlatformImage,
): ArchiveFile[] {
  const Config = `blobs/${of.config.digest.replace(':', '/')}`;
  return [
    ...layoutFiles([{ image, annotations }]),
    { name: 'manifest.json', content: JSON.stringify([{ Config, RepoTags, Layers: [] }]) },
  ];
}

function namesIn({ images }: Import): Record<string, string[]> {
  return Object.fromEntries(
    images.map(({ digest, targets }) => [
      digest,
      targets.map(({ repository, tag = '' }) => `${repository}:${tag}`),
    ]),
  );
}

describe('an OCI layout with manifest.json', () => {
  it('holds images that only manifest.json names, and stores what they share once', async () => {
    const staged = await at.stage(archiveOf(halfListed()));
    expect(staged).toMatchObject({ format: 'docker archive and OCI layout', warnings: [] });
    await at.apply(staged.id);
    expect([at.test.tags('app'), at.test.tags('lib')]).toEqual([['v1'], ['v2']]);
    const [app, lib] = [await at.stored('app', 'v1'), await at.stored('lib', 'v2')];
    expect(app.layers.map(sha256)).toEqual(IN_BOTH.layers.map(sha256));
    expect(lib.manifest.layers?.[0]).toEqual(app.manifest.layers?.[0]);
    expect(lib.manifest.layers?.[1]?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip');
  });

  it('is refused if a layer of such an image is not what its config says', async () => {
    const wrong = { ...IN_LIST, diffIds: [sha256('x'), sha256('y')] };
    await expect(at.stage(archiveOf(halfListed([IN_BOTH, wrong])))).rejects.toThrow('is damaged');
    await at.expectNothing();
  });

  it.each([
    [`blobs/sha256/${sha256(plainLayer('b')).slice(7)}`, /lacks a layer of "lib:v2".* stays out/],
    [undefined, /manifest.json lists "lib:v2", whose config is not in the archive; it stays out/],
  ])('names what stays out because it is not whole', async (layer, warning) => {
    const files = halfListed();
    const list = JSON.parse(String(files.find(({ name }) => name === 'manifest.json')?.content)) as {
      Config: string;
    }[];
    const gone = layer ?? list[1]?.Config;
    const staged = await at.stage(archiveOf(files.filter(({ name }) => name !== gone)));
    expect(staged.warnings.join()).toMatch(warning);
    expect(Object.values(namesIn(staged))).toEqual([['app:v1']]);
  });

  it('has names of either list, each once', async () => {
    const image = imageOf();
    const names = { 'io.containerd.image.name': 'docker.io/library/app:v1' };
    const staged = await at.stage(archiveOf(named(image, names, ['app:v1', 'team/app:v2'], image)));
    expect(namesIn(staged)).toEqual({ [image.digest]: ['app:v1', 'team/app:v2'] });
  });

  it('may give a name of its own to one platform', async () => {
    const child = imageOf();
    const image = indexOf([child, imageOf()]);
    const names = { 'io.containerd.image.name': 'docker.io/library/app:v1' };
    const staged = await at.stage(archiveOf(named(image, names, ['app:v1', 'app:one'], child)));
    expect(namesIn(staged)).toEqual({ [image.digest]: ['app:v1'], [child.digest]: ['app:one'] });
  });

  it('gives a nameless index the name that its platforms share', async () => {
    const [one, two] = [imageOf(), imageOf()];
    const index = indexOf([one, two]);
    const list = [one, two].map(({ config }) => ({
      Config: `blobs/${config.digest.replace(':', '/')}`,
      RepoTags: ['app:v1'],
    }));
    const files = [
      ...layoutFiles([{ image: index }]),
      { name: 'manifest.json', content: JSON.stringify(list) },
    ];
    expect(namesIn(await at.stage(archiveOf(files)))).toEqual({ [index.digest]: ['app:v1'] });
  });

  it('is called only as its own annotation says, if Berth has written it', async () => {
    const image = imageOf();
    const names = {
      'io.containerd.image.name': 'hub.example/app:v1',
      'berth.image.name': 'hub.example/app:v1',
    };
    const staged = await at.stage(archiveOf(named(image, names, ['hub.example/app:v1'], image)));
    expect(namesIn(staged)).toEqual({ [image.digest]: ['hub.example/app:v1'] });
  });
});
