import { describe, expect, it } from 'vitest';
import type { Digest } from '../reference.ts';
import { Catalog } from './catalog.ts';
import type { ManifestEntry, Operation } from './operation.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';

const OCI = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

function digest(character: string): Digest {
  return `sha256:${character.repeat(64)}`;
}

function descriptor(character: string, size: number, mediaType = 'application/octet-stream') {
  return { mediaType, digest: digest(character), size };
}

function image(character: string, layers: string, more: Partial<ManifestEntry> = {}): ManifestEntry {
  return {
    digest: digest(character),
    size: 10,
    mediaType: OCI,
    config: descriptor('c', 5),
    layers: layers.split('').map((layer) => descriptor(layer, 100)),
    ...more,
  };
}

function catalogOf(...ops: Operation[]): Catalog {
  const catalog = new Catalog();
  for (const [index, op] of ops.entries()) {
    catalog.apply({ seq: index + 1, batch: index + 1, time: 1000 + index, actor: {}, ops: [op] });
  }
  return catalog;
}

const put = (repository: string, manifest: ManifestEntry): Operation => ({
  op: 'manifest.put',
  repository,
  manifest,
});
const tag = (repository: string, name: string, to: string): Operation => ({
  op: 'tag.put',
  repository,
  tag: name,
  digest: digest(to),
});

describe('Catalog', () => {
  it('keeps the other tags of a digest when one is deleted', () => {
    const catalog = catalogOf(put('app', image('a', '1')), tag('app', 'one', 'a'), tag('app', 'two', 'a'), {
      op: 'tag.delete',
      repository: 'app',
      tag: 'one',
    });
    expect(catalog.findRepository('app')?.sortedTags).toEqual(['two']);
    expect(catalog.findRepository('app')?.manifests.has(digest('a'))).toBe(true);
  });

  it.each<[string, Operation]>([
    ['a push of it', { op: 'blob.link', repository: 'app', digest: digest('1'), size: 100 }],
    ['its restoring', { op: 'blob.restore', repository: 'app', digest: digest('1') }],
    ['a manifest that names it', put('app', image('b', '1'))],
    ['a manifest put back that names it', { op: 'manifest.restore', repository: 'app', digest: digest('a') }],
  ])('has a link no longer in the trash that came back by %s', (_, comeBack) => {
    const catalog = catalogOf(
      put('app', image('a', '1')),
      { op: 'manifest.delete', repository: 'app', digest: digest('a') },
      { op: 'blob.unlink', repository: 'app', digest: digest('1') },
      comeBack,
    );
    expect(catalog.findRepository('app')?.blobs.has(digest('1'))).toBe(true);
    expect(catalog.trash.of('app').blobs.size).toBe(0);
  });

  it('keeps the link of a blob in the trash that a manifest names as absent', () => {
    const catalog = catalogOf(
      put('app', image('a', '1')),
      { op: 'blob.unlink', repository: 'app', digest: digest('1') },
      put('app', image('b', '1', { absent: [digest('1')] })),
    );
    expect([...catalog.trash.of('app').blobs.keys()]).toEqual([digest('1')]);
  });

  it('takes the tags along when their manifest is deleted', () => {
    const catalog = catalogOf(
      put('app', image('a', '1')),
      put('app', image('b', '1')),
      tag('app', 'old', 'a'),
      tag('app', 'new', 'b'),
      { op: 'manifest.delete', repository: 'app', digest: digest('a') },
    );
    expect(catalog.findRepository('app')?.sortedTags).toEqual(['new']);
  });

  it('keeps a layer shared by another image in its counts', () => {
    const catalog = catalogOf(put('app', image('a', '12')), put('other', image('b', '2')), {
      op: 'manifest.delete',
      repository: 'app',
      digest: digest('a'),
    });
    expect(catalog.content.layers).toEqual({ count: 1, totalSize: 100 });
    expect(catalog.content.isLayer(digest('1'))).toBe(false);
  });

  it('counts content once for each repository', () => {
    const index: ManifestEntry = {
      digest: digest('f'),
      size: 20,
      mediaType: INDEX,
      manifests: [descriptor('a', 10, OCI), descriptor('b', 10, OCI)],
    };
    const repository = catalogOf(
      put('app', image('a', '12')),
      put('app', image('b', '13')),
      put('app', index),
    ).findRepository('app');
    expect(repository?.totalSize).toBe(10 + 10 + 20 + 5 + 300);
  });

  it('lists a repository only while there is something to pull in it', () => {
    const ops: Operation[] = [
      { op: 'blob.link', repository: 'app', digest: digest('1'), size: 100 },
      put('app', image('a', '1')),
      { op: 'manifest.delete', repository: 'app', digest: digest('a') },
    ];
    expect(catalogOf(...ops.slice(0, 1)).sortedNames).toEqual([]);
    expect(catalogOf(...ops.slice(0, 2)).sortedNames).toEqual(['app']);
    expect(catalogOf(...ops).sortedNames).toEqual([]);
  });

  it('has no tag without a manifest, in whatever order a push and a deletion reach the journal', () => {
    const catalog = catalogOf(
      put('app', image('a', '1')),
      { op: 'manifest.delete', repository: 'app', digest: digest('a') },
      tag('app', 'late', 'a'),
    );
    expect(catalog.findRepository('app')?.tags.size).toBe(0);
    expect(catalog.sortedNames).toEqual([]);
  });

  it('finds referrers whether or not their subject is there', () => {
    const signature = image('b', '1', { subject: digest('a'), artifactType: 'test/signature' });
    const repository = catalogOf(put('app', signature)).findRepository('app');
    expect([...(repository?.referrers(digest('a')) ?? [])].map((each) => each.digest)).toEqual([digest('b')]);
  });

  it('refuses an operation that it does not know', () => {
    expect(() => catalogOf({ op: 'tag.paint' } as unknown as Operation)).toThrow('tag.paint');
  });
});

describe('restoreSnapshot', () => {
  it('gives the catalog back as it was, derived state included', () => {
    const catalog = catalogOf(
      { op: 'blob.link', repository: 'app', digest: digest('1'), size: 100 },
      put('app', image('a', '12')),
      put('app', image('b', '1', { subject: digest('a'), annotations: { k: 'v' } })),
      tag('app', 'v1', 'a'),
      tag('app', 'v2', 'b'),
      { op: 'tag.delete', repository: 'app', tag: 'v2' },
      { op: 'observed', cacheHits: 3, cacheMisses: 4, pulls: [['app', digest('a'), 77]] },
      { op: 'blob.link', repository: 'only-blobs', digest: digest('9'), size: 1 },
    );
    const json = JSON.stringify(takeSnapshot(catalog));
    expect(restoreSnapshot(JSON.parse(json))).toEqual(restoreSnapshot(takeSnapshot(catalog)));
    expect(JSON.stringify(takeSnapshot(restoreSnapshot(JSON.parse(json))))).toBe(json);
    expect(restoreSnapshot(JSON.parse(json)).content.layers).toEqual(catalog.content.layers);
  });
});

describe('manifests that name the same', () => {
  const twice = (): Catalog =>
    catalogOf(put('app', image('a', '1')), put('web', image('b', '1')), tag('web', 'v1', 'b'));
  const restored = (): Catalog => restoreSnapshot(JSON.parse(JSON.stringify(takeSnapshot(twice()))));

  it.each([
    ['as they come', twice],
    ['in a catalog that is restored', restored],
  ])('share it %s', (_, make) => {
    const catalog = make();
    const [one, two] = ['app', 'web'].map((name) => [...catalog.repository(name).manifests.values()][0]);
    expect(one?.layers?.[0]).toEqual(descriptor('1', 100));
    expect(two?.layers?.[0]).toBe(one?.layers?.[0]);
    expect(two?.config).toBe(one?.config);
  });

  it('keep their own word on its type and size', () => {
    const other = { ...image('b', ''), layers: [descriptor('1', 7, 'text/plain')] };
    const catalog = catalogOf(put('app', image('a', '1')), put('app', other));
    expect(catalog.findRepository('app')?.manifests.get(digest('b'))?.layers).toEqual(other.layers);
  });
});

describe('a manifest that names very many blobs which are absent', () => {
  it('is counted in no time', { timeout: 3000 }, () => {
    const layers = Array.from({ length: 30_000 }, (_, number) => ({
      mediaType: 'application/octet-stream',
      digest: `sha256:${number.toString(16).padStart(64, '0')}` as Digest,
      size: 1,
    }));
    const absent = layers.map((layer) => layer.digest);
    const catalog = catalogOf(put('app', { ...image('a', '1'), layers, absent }));
    expect([...(catalog.findRepository('app')?.blobs.keys() ?? [])]).toEqual([digest('c')]);
  });
});
