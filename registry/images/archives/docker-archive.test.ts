import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  archiveOf,
  configOf,
  layoutFiles,
  newDockerFiles,
  oldDockerFiles,
  plainLayer,
  sha256,
  type DockerImage,
} from '../../../test/domain/archive.ts';
import { imageOf, indexOf } from '../../../test/clients/image.ts';
import { APP, ImportStore, parsed } from '../../../test/domain/import.ts';

let at: ImportStore;

beforeEach(async () => {
  at = await ImportStore.open();
});
afterEach(() => at.close());

describe('an archive of docker save, as it was until 24', () => {
  it('says what is inside before anything of it is in the registry', async () => {
    const staged = await at.stage(archiveOf(oldDockerFiles([APP])));
    expect(staged).toMatchObject({ format: 'docker archive', warnings: [] });
    expect(staged.images).toMatchObject([
      {
        kind: 'image',
        targets: [
          { repository: 'app', tag: 'v1' },
          { repository: 'team/app', tag: 'v1' },
        ],
        platforms: ['linux/arm64/v8'],
        layers: 3,
        suggestions: [],
      },
    ]);
    expect(at.store.ledger.catalog.repositories.size).toBe(0);
    expect(await at.test.files()).toEqual([]);
    await at.imports.discard(staged.id);
    expect(await at.uploads()).toEqual([]);
  });

  it('becomes an image whose config has its bytes and whose layers are compressed', async () => {
    const { change, images } = await at.bring(archiveOf(oldDockerFiles([APP])));
    expect(change).toBe(1);
    expect(images.map(({ reference }) => reference)).toEqual(['app:v1', 'team/app:v1']);
    const { manifest, layers } = await at.stored('app', 'v1');
    expect(manifest.config?.digest).toBe(sha256(configOf(APP)));
    expect(layers.map((layer) => sha256(gunzipSync(layer)))).toEqual(APP.layers.map(sha256));
    expect(manifest.layers?.map(({ mediaType }) => mediaType)).toEqual(
      Array(3).fill('application/vnd.oci.image.layer.v1.tar+gzip'),
    );
    expect(at.test.tags('team/app')).toEqual(['v1']);
    expect(await at.uploads()).toEqual([]);
  });

  it('says how many bytes are new, of all that it is made of', async () => {
    const layers = Array.from({ length: 20 }, (_, number) => plainLayer(`${number}`, number * 10_000));
    const { newBytes } = await at.bring(archiveOf(oldDockerFiles([{ names: ['app:v1'], layers }])));
    const { manifest } = await at.stored('app', 'v1');
    const all = [manifest, manifest.config, ...(manifest.layers ?? [])];
    expect(newBytes).toBe(all.reduce((sum, each) => sum + (each?.size ?? 0), 0));
  });

  it('stores nothing the second time, and is no change', async () => {
    await at.bring(archiveOf(oldDockerFiles([APP])));
    const before = await at.test.files();
    const staged = await at.stage(archiveOf(oldDockerFiles([APP])));
    expect(staged.staged.size).toBe(0);
    expect(await at.apply(staged.id)).toMatchObject({ change: null, newBytes: 0 });
    expect(await at.test.files()).toEqual(before);
  });

  it('stores nothing the second time without the cache either', async () => {
    await at.bring(archiveOf(oldDockerFiles([APP])));
    const before = await at.test.files();
    await rm(join(at.folder, 'cache'), { recursive: true });
    await at.again();
    expect((await at.bring(archiveOf(oldDockerFiles([APP])))).change).toBeNull();
    expect(await at.test.files()).toEqual(before);
  });

  it('is compressed to the same bytes wherever that is done', async () => {
    const other = await ImportStore.open();
    const [there, here] = [
      await other.stage(archiveOf(oldDockerFiles([APP]))),
      await at.stage(archiveOf(oldDockerFiles([APP]))),
    ];
    expect(there.images[0]?.digest).toBe(here.images[0]?.digest);
    await other.close();
  });

  it('is the image that a client has pushed, if the registry has that', async () => {
    const layers = APP.layers.map((layer) => gzipSync(layer, { level: 9 }));
    for (const blob of [configOf(APP), ...layers]) await at.test.blob('pushed', blob);
    const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
    const of = (type: string) => (bytes: Buffer) => ({
      mediaType: type,
      digest: sha256(bytes),
      size: bytes.length,
    });
    const pushed = await at.test.manifest('pushed', 'v1', {
      schemaVersion: 2,
      mediaType,
      config: of('application/vnd.docker.container.image.v1+json')(configOf(APP)),
      layers: layers.map(of('application/vnd.docker.image.rootfs.diff.tar.gzip')),
    });
    const { newBytes, images } = await at.bring(archiveOf(oldDockerFiles([APP])));
    expect(newBytes).toBe(0);
    expect(images[0]?.digest).toBe(pushed.digest);
  });

  it('keeps layers that are compressed already', async () => {
    const layers = APP.layers.map((layer) => gzipSync(layer));
    const image = { names: ['app:gz'], layers, diffIds: APP.layers.map(sha256) };
    await at.bring(archiveOf(oldDockerFiles([image])));
    const { manifest } = await at.stored('app', 'gz');
    expect(manifest.layers?.map(({ digest }) => digest)).toEqual(layers.map(sha256));
  });

  it('takes several images in one record, and entries in any order', async () => {
    const other: DockerImage = { names: ['lib:v2'], layers: [plainLayer('small'), plainLayer('own')] };
    const { change } = await at.bring(archiveOf(oldDockerFiles([APP, other]).reverse()));
    expect(change).toBe(1);
    expect((await at.stored('lib', 'v2')).layers.map((layer) => sha256(gunzipSync(layer)))).toEqual(
      other.layers.map(sha256),
    );
    expect(at.store.ledger.journal.seq).toBe(1);
  });

  it('takes more names than a call takes arguments', async () => {
    const { layers } = APP;
    const named = ['a', 'b'].map((tag) => ({
      names: Array.from({ length: 140_000 }, (_, index) => `a:${tag}${index}`),
      layers,
    }));
    const { images } = await at.stage(archiveOf(oldDockerFiles(named)));
    expect(images[0]?.targets).toHaveLength(280_000);
  });

  it('follows hard links, and folders in which somebody packed it', async () => {
    const files = oldDockerFiles([APP]).map(({ name, content, type, link }) => {
      const saved = { name: `./saved/${name}`, content: content ?? '' };
      if (link !== undefined) return Object.assign(saved, { link: link.replace('..', 'saved'), type: '1' });
      return type === undefined ? saved : Object.assign(saved, { type });
    });
    await at.bring(archiveOf(files));
    expect((await at.stored('app', 'v1')).layers).toHaveLength(3);
  });

  it('may name its files from the root, or with dots', async () => {
    const files = oldDockerFiles([APP]).map((file) => {
      if (file.name !== 'manifest.json') return file;
      const [entry] = JSON.parse(String(file.content)) as { Config: string; Layers: string[] }[];
      const Layers = entry?.Layers.map((path, index) => (index === 0 ? `/${path}` : `./x/../${path}`));
      const content = JSON.stringify([{ ...entry, Config: `./${entry?.Config}`, Layers }]);
      return Object.assign(file, { content });
    });
    expect((await at.stage(archiveOf(files))).images[0]?.layers).toBe(3);
  });

  it('is found in its folder beside what macOS adds', async () => {
    const files = oldDockerFiles([APP])
      .filter(({ type }) => type === undefined)
      .map((file) => Object.assign(file, { name: `saved/${file.name}` }));
    const added = ['._saved', '.DS_Store', 'saved/._manifest.json'].map((name) => ({ name, content: 'x' }));
    expect((await at.stage(archiveOf([...added, ...files]))).images[0]?.layers).toBe(3);
  });

  it('is refused if a layer of it is damaged, also when the registry has the image', async () => {
    const layers = APP.layers.map((layer) => gzipSync(layer));
    const diffIds = APP.layers.map(sha256);
    await at.bring(archiveOf(oldDockerFiles([{ names: ['app:gz'], layers, diffIds }])));
    const [first = Buffer.alloc(0), ...rest] = layers;
    const cut = { names: ['app:cut'], layers: [first.subarray(0, first.length - 9), ...rest], diffIds };
    await expect(at.stage(archiveOf(oldDockerFiles([cut])))).rejects.toThrow(/gzip ends early/);
  });

  it('needs a name if it has none, and offers one', async () => {
    const staged = await at.stage(archiveOf(oldDockerFiles([{ ...APP, names: null }])), 'My App (2).tar.gz');
    expect(staged.images[0]).toMatchObject({ targets: [], suggestions: ['my-app-2:latest'] });
    await expect(at.apply(staged.id)).rejects.toThrow('has no name in the archive');
    const digest = staged.images[0]?.digest ?? parsed('');
    const wish = { digest, targets: [{ repository: 'named', tag: 'v3' }] };
    await at.apply(staged.id, [wish]);
    expect(at.test.tags('named')).toEqual(['v3']);
  });
});

describe('an archive of several images without names', () => {
  it('offers each of them another one', async () => {
    const other: DockerImage = { names: null, layers: [plainLayer('own')] };
    const staged = await at.stage(archiveOf(oldDockerFiles([{ ...APP, names: null }, other])), 'two.tar');
    const suggested = staged.images.map(({ suggestions }) => suggestions);
    expect(suggested).toEqual(staged.images.map(({ digest }) => [`two:${digest.slice(7, 19)}`]));
  });
});

describe('an archive of docker save, as it is since 25', () => {
  it('has names in its old list alone, also of an image with attestations', async () => {
    const image = imageOf();
    const index = indexOf([image, imageOf({ platform: { os: 'unknown', architecture: 'unknown' } })]);
    const Config = `blobs/${image.config.digest.replace(':', '/')}`;
    const list = [{ Config, RepoTags: ['app:v1', 'app:v2'], Layers: [] }];
    const files = layoutFiles([{ image: index }]);
    const staged = await at.stage(
      archiveOf([...files, { name: 'manifest.json', content: JSON.stringify(list) }]),
    );
    expect(staged.images.map(({ targets }) => targets.map(({ tag }) => tag))).toEqual([['v1', 'v2']]);
  });

  it('gives the names of its old list once, however many entries have them', async () => {
    const image = imageOf();
    const list = Array.from({ length: 60_000 }, (_, index) => ({ Config: 'c', RepoTags: [`a:${index}`] }));
    const files = [
      ...layoutFiles([{ image: indexOf([image]) }, { image }]),
      { name: 'c', content: image.config.bytes },
      { name: 'manifest.json', content: JSON.stringify(list) },
    ];
    const { images } = await at.stage(archiveOf(files));
    expect(images.map(({ targets }) => targets.length)).toEqual([60_000]);
  });

  it('keeps the manifest that it carries, and its layers as they are', async () => {
    const staged = await at.stage(archiveOf(newDockerFiles([{ ...APP, names: ['app:v1'] }])));
    expect(staged.format).toBe('docker archive and OCI layout');
    await at.apply(staged.id);
    const { layers } = await at.stored('app', 'v1');
    expect(layers.map(sha256)).toEqual(APP.layers.map(sha256));
  });
});
