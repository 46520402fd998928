import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  artifactOf,
  CONFIG,
  content,
  descriptor,
  imageOf,
  indexOf,
  INDEX,
  jsonContent,
  MANIFEST,
  multiPlatformImage,
  randomLayer,
  type Image,
} from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import type { ImageDetails, ManifestPage, MissingContentList, PlatformImage } from './contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

const details = (name: string, reference: string): Promise<ImageDetails> =>
  berth.get(`/api/images?repository=${name}&reference=${reference}`);
const platform = (name: string, digest: string): Promise<PlatformImage> =>
  berth.get(`/api/images/platform?repository=${name}&digest=${digest}`);

/** An image with a config of the test's own. */
function imageWith(config: object, layers = [randomLayer()]): Image {
  const blob = jsonContent(CONFIG, config);
  const manifest = { schemaVersion: 2, config: descriptor(blob), layers: layers.map(descriptor) };
  return { ...jsonContent(MANIFEST, manifest), blobs: [blob, ...layers], children: [] };
}

describe('GET /api/images', () => {
  it('describes an image by tag and by digest', async () => {
    const app = berth.repository('team/app');
    const base = randomLayer();
    const image = imageOf({ layers: [base, randomLayer()], annotations: { note: '<b>markup</b>' } });
    await app.push(image, 'v1');
    await app.push(image, 'latest');
    await berth.repository('other').push(imageOf({ layers: [base] }), 'v7');
    const byTag = await details('team/app', 'v1');
    expect(byTag).toMatchObject({
      repository: 'team/app',
      tag: 'v1',
      digest: image.digest,
      tags: ['latest', 'v1'],
      kind: 'image',
      manifestSize: image.size,
      annotations: { note: '<b>markup</b>' },
      subject: null,
      pushedBy: { address: expect.any(String) },
      manifests: [{ digest: image.digest, platform: 'linux/amd64', present: true, attestationOf: null }],
      referrersList: [],
      sharedWith: [{ repository: 'other', tag: 'v7', bytes: base.size }],
    });
    expect(byTag.exclusive).toBe(0);
    const byDigest = await details('team/app', image.digest);
    expect(byDigest).toMatchObject({ tag: null, tags: ['latest', 'v1'] });
    expect(byDigest.exclusive).toBe(byDigest.size - base.size);
  });

  it('lists the platforms of an index in its order, with those that are not here and attestations', async () => {
    const app = berth.repository('app');
    const [here, gone] = [imageOf(), imageOf({ platform: { os: 'linux', architecture: 'riscv64' } })];
    const attestation = imageOf({ platform: { os: 'unknown', architecture: 'unknown' } });
    const index = jsonContent(INDEX, {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [
        { ...descriptor(gone), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
        descriptor(here),
        {
          ...descriptor(attestation),
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: { 'vnd.docker.reference.digest': here.digest },
        },
      ],
    });
    await app.push({ ...index, blobs: [], children: [here, attestation] }, 'v1');
    const { manifests, platforms } = await details('app', 'v1');
    expect(manifests).toMatchObject([
      { digest: gone.digest, platform: 'linux/arm/v7', present: false, size: gone.size },
      { digest: here.digest, platform: 'linux/amd64', present: true },
      { digest: attestation.digest, platform: 'unknown/unknown', attestationOf: here.digest },
    ]);
    expect(platforms).toEqual(['linux/arm/v7', 'linux/amd64']);
  });

  it('lists the first 200 manifests of a long index, and the others page by page', async () => {
    const app = berth.repository('app');
    const listed = Array.from({ length: 450 }, (_, number) =>
      descriptor(content(MANIFEST, Buffer.from(`${number}`))),
    );
    const index = jsonContent(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests: listed });
    await app.push({ ...index, blobs: [], children: [] }, 'v1');
    const image = await details('app', 'v1');
    expect(image.parts).toBe(450);
    const page = (from: number): Promise<ManifestPage> =>
      berth.get(`/api/images/manifests?repository=app&digest=${index.digest}&from=${from}`);
    const pages = [await page(200), await page(400)];
    expect(pages.map(({ total }) => total)).toEqual([450, 450]);
    const all = [image, ...pages].map(({ manifests }) => manifests.map(({ digest }) => digest));
    expect(all.map(({ length }) => length)).toEqual([200, 200, 50]);
    expect(all.flat()).toEqual(listed.map(({ digest }) => digest));
    expect((await page(450)).manifests).toEqual([]);
  });

  it('lists what is attached, by the referrers API and by tags as cosign does', async () => {
    const app = berth.repository('app');
    const image = imageOf();
    await app.push(image, 'v1');
    const sbom = artifactOf({ artifactType: 'application/spdx', subject: image, annotations: { by: 'us' } });
    await app.push(sbom);
    const signature = artifactOf({ artifactType: 'application/signature' });
    const tag = `${image.digest.replace(':', '-')}.sig`;
    await app.push(signature, tag);
    const { referrersList, referrers } = await details('app', 'v1');
    expect(referrers).toBe(2);
    expect(referrersList).toMatchObject([
      { digest: sbom.digest, artifactType: 'application/spdx', tag: null, annotations: { by: 'us' } },
      { digest: signature.digest, artifactType: 'application/signature', tag },
    ]);
  });

  it('refuses what is not there, or no reference', async () => {
    await berth.repository('app').push(imageOf(), 'v1');
    const of = async (query: string) => (await berth.send('GET', `/api/images?${query}`)).status;
    expect(await of('repository=app&reference=v2')).toBe(404);
    expect(await of('repository=app&reference=sha256:1')).toBe(400);
    expect(await of('repository=app')).toBe(400);
    expect(await of('reference=v1')).toBe(400);
  });
});

describe('GET /api/images/platform', () => {
  it('matches the steps of the history with the layers', async () => {
    const layers = [randomLayer(), randomLayer()];
    const image = imageWith(
      {
        os: 'linux',
        architecture: 'arm64',
        variant: 'v8',
        created: '2026-01-02T03:04:05Z',
        author: 'somebody',
        config: {
          User: 'app',
          WorkingDir: '/srv',
          Entrypoint: ['/run'],
          Cmd: null,
          Env: ['A=1', 7],
          ExposedPorts: { '80/tcp': {} },
          Volumes: { '/data': {} },
          Labels: { __proto__: 'odd', version: '1', wrong: 1 },
          StopSignal: 'SIGINT',
        },
        rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
        history: [
          { created_by: 'COPY base', created: '2026-01-01T00:00:00Z' },
          { created_by: 'ENV A=1', empty_layer: true },
          { created_by: 'RUN <script>alert(1)</script>', comment: 'buildkit' },
          { created_by: 'COPY nothing' },
        ],
      },
      layers,
    );
    await berth.repository('app').push(image, 'v1');
    await berth.repository('other').push(image, 'v1');
    const found = await platform('app', image.digest);
    expect(found).toMatchObject({
      platform: 'linux/arm64',
      created: '2026-01-02T03:04:05Z',
      author: 'somebody',
      config: {
        user: 'app',
        workingDir: '/srv',
        entrypoint: ['/run'],
        cmd: [],
        env: ['A=1'],
        exposedPorts: ['80/tcp'],
        volumes: ['/data'],
        labels: { version: '1' },
        stopSignal: 'SIGINT',
      },
    });
    expect(found.history.map(({ createdBy, layer }) => [createdBy, layer])).toEqual([
      ['COPY base', 0],
      ['ENV A=1', null],
      ['RUN <script>alert(1)</script>', 1],
      ['COPY nothing', null],
    ]);
    expect(found.layers).toMatchObject([
      {
        digest: layers[0]?.digest,
        diffId: layers[0]?.diffId,
        createdBy: 'COPY base',
        usedBy: 2,
        present: true,
      },
      { digest: layers[1]?.digest, createdBy: 'RUN <script>alert(1)</script>', usedBy: 2 },
    ]);
  });

  it('counts the tags of indexes that need a layer', async () => {
    const app = berth.repository('app');
    const layer = randomLayer();
    const one = imageOf({ layers: [layer] });
    const other = imageOf({ layers: [layer], platform: { os: 'linux', architecture: 's390x' } });
    await app.push(indexOf([one, other]), 'both');
    expect((await platform('app', one.digest)).layers[0]?.usedBy).toBe(1);
  });

  it('has no config for artifacts, nor for one that is not JSON, and says which layers are not here', async () => {
    const app = berth.repository('app');
    const chart = artifactOf({ artifactType: 'application/x' });
    await app.push(chart, 'chart');
    expect(await platform('app', chart.digest)).toMatchObject({ config: null, history: [], platform: null });
    const config = content(CONFIG, Buffer.from('nonsense'));
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const layer = { ...descriptor(randomLayer()), mediaType: foreign };
    const manifest = jsonContent(MANIFEST, { schemaVersion: 2, config: descriptor(config), layers: [layer] });
    await app.push({ ...manifest, blobs: [config], children: [] }, 'odd');
    expect(await platform('app', manifest.digest)).toMatchObject({
      config: null,
      layers: [{ present: false, diffId: null, createdBy: null }],
    });
  });

  it('reads a multi-platform image as one manifest without layers', async () => {
    const image = multiPlatformImage();
    await berth.repository('app').push(image, 'v1');
    expect(await platform('app', image.digest)).toMatchObject({ config: null, layers: [] });
    const gone = `sha256:${'0'.repeat(64)}`;
    const answer = await berth.send('GET', `/api/images/platform?repository=app&digest=${gone}`);
    expect(answer.status).toBe(404);
  });
});

describe('GET /api/images/missing', () => {
  const missing = (name: string, reference: string): Promise<MissingContentList> =>
    berth.get(`/api/images/missing?repository=${name}&reference=${reference}`);
  const lose = (digest = ''): Promise<void> => rm(join(berth.folder, 'blobs', digest.replace(':', '/')));

  it('names nothing of what is whole, nor what never was here', async () => {
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const config = jsonContent(CONFIG, {});
    const layer = { ...descriptor(randomLayer()), mediaType: foreign };
    const manifest = jsonContent(MANIFEST, { schemaVersion: 2, config: descriptor(config), layers: [layer] });
    await berth.repository('app').push({ ...manifest, blobs: [config], children: [] }, 'v1');
    expect(await missing('app', 'v1')).toEqual({ missing: [], more: false });
  });

  it('names what of all that an index lists is gone, and what each is', async () => {
    const [one, other] = [imageOf(), imageOf()];
    const index = indexOf([one, other]);
    await berth.repository('app').push(index, 'v1');
    await berth.restart();
    for (const digest of [one.config.digest, other.blobs.at(-1)?.digest, other.digest]) await lose(digest);
    const found = await missing('app', 'v1');
    expect(new Set(found.missing)).toEqual(
      new Set([
        { digest: one.config.digest, kind: 'config' },
        { digest: other.digest, kind: 'manifest' },
        { digest: other.blobs.at(-1)?.digest, kind: 'layer' },
      ]),
    );
    expect(found.more).toBe(false);
    expect((await missing('app', one.digest)).missing).toEqual([
      { digest: one.config.digest, kind: 'config' },
    ]);
  });

  it('names a hundred, and says that there is more', async () => {
    const image = imageOf({ layers: Array.from({ length: 101 }, () => randomLayer(100)) });
    await berth.repository('app').push(image, 'v1');
    for (const { digest } of image.blobs) await lose(digest);
    const found = await missing('app', 'v1');
    expect([found.missing.length, found.more]).toEqual([100, true]);
  });
});
