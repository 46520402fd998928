import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { put } from './http.ts';
import { descriptor, DOCKER_MANIFEST, EMPTY, imageOf, INDEX, MANIFEST } from './image.ts';
import { present } from './present.ts';
import { expectError, expectRefused, Repository, shown } from './repository.ts';

let berth: Berth;
let repository: Repository;
beforeAll(async () => {
  berth = await startBerth();
  repository = new Repository(berth, 'bad');
});
afterAll(() => berth.dispose());

describe('a manifest that is none', () => {
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  const { config, blobs } = imageOf();
  const layer = present(blobs[1]);
  const good = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor(config),
    layers: [descriptor(layer)],
  };
  const bodies: [string, string, string | Buffer][] = [
    ['empty', MANIFEST, ''],
    ['not JSON', MANIFEST, 'this is not JSON'],
    ['cut JSON', MANIFEST, JSON.stringify(good).slice(0, -5)],
    ['not UTF-8', MANIFEST, Buffer.from([0xff, 0xfe, 0x7b, 0x7d])],
    ['null', MANIFEST, 'null'],
    ['a number', MANIFEST, '1'],
    ['a list', MANIFEST, '[]'],
    ['lists nested 10,000 deep', MANIFEST, deep],
    ['objects nested 10,000 deep', MANIFEST, `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    [
      'a layer list that is nested 10,000 deep',
      MANIFEST,
      JSON.stringify(good).replace(/"layers":.*\]/, `"layers":${deep}`),
    ],
    ['no schemaVersion', MANIFEST, JSON.stringify({ ...good, schemaVersion: undefined })],
    ['schemaVersion 1', MANIFEST, JSON.stringify({ schemaVersion: 1, name: 'x', tag: 'y', fsLayers: [] })],
    ['no config', MANIFEST, JSON.stringify({ ...good, config: undefined })],
    ['layers that are no list', MANIFEST, JSON.stringify({ ...good, layers: { 0: descriptor(layer) } })],
    [
      'a layer without a digest',
      MANIFEST,
      JSON.stringify({ ...good, layers: [{ mediaType: 'x', size: 1 }] }),
    ],
    [
      'a layer whose digest is a path',
      MANIFEST,
      JSON.stringify({ ...good, layers: [{ ...descriptor(layer), digest: 'sha256:../../etc/passwd' }] }),
    ],
    [
      'a layer whose size is negative',
      MANIFEST,
      JSON.stringify({ ...good, layers: [{ ...descriptor(layer), size: -1 }] }),
    ],
    [
      'a layer whose size is text',
      MANIFEST,
      JSON.stringify({ ...good, layers: [{ ...descriptor(layer), size: '1' }] }),
    ],
    ['a subject that is text', MANIFEST, JSON.stringify({ ...good, subject: 'sha256' })],
    ['another mediaType than Content-Type', DOCKER_MANIFEST, JSON.stringify(good)],
    [
      'an index sent as a manifest',
      MANIFEST,
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }),
    ],
    ['a manifest sent as an index', INDEX, JSON.stringify(good)],
    ['a type that is no manifest', 'text/html', JSON.stringify(good)],
    ['a type that is garbage', ';;;/', JSON.stringify(good)],
    [
      'an index whose manifests are null',
      INDEX,
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: null }),
    ],
    ['an index of text', INDEX, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: ['x'] })],
    ['an empty config', EMPTY, '{}'],
  ];
  beforeAll(async () => {
    await repository.pushBlob(config);
    await repository.pushBlob(layer);
  });

  it.each(bodies)('is refused: %s', async (_name, type, body) => {
    const answer = await put(berth, repository.path('manifests/bad'), {
      headers: { 'content-type': type },
      body,
    });
    expectRefused(answer);
    expect(answer.status, shown(answer)).toBe(400);
    expectError(await repository.getManifest('bad'), 404);
  });

  it.each(['with its length', 'without a length'])(
    'is refused with 413 when it has 5 MiB, %s',
    async (how) => {
      const body = Buffer.from(
        JSON.stringify({ ...good, annotations: { filler: 'x'.repeat(5 * 1024 * 1024) } }),
      );
      const chunked = how === 'without a length' ? { 'transfer-encoding': 'chunked' } : {};
      const headers = { 'content-type': MANIFEST, ...chunked };
      expectError(await put(berth, repository.path('manifests/large'), { headers, body }), 413);
    },
  );

  it('is refused when the digest in its path is right and its tag parameter is none', async () => {
    const image = imageOf();
    for (const blob of image.blobs) await repository.pushBlob(blob);
    expectRefused(await repository.putManifest(`${image.digest}?tag=..%2Fx`, image));
    expectError(await repository.getManifest(image.digest), 404);
  });
});
