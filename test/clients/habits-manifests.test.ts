import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { put } from './http.ts';
import {
  artifactOf,
  descriptor,
  digestOf,
  DOCKER_MANIFEST,
  imageOf,
  INDEX,
  indexOf,
  jsonContent,
  MANIFEST,
  multiPlatformImage,
  randomBlob,
} from './image.ts';
import { present } from './present.ts';
import { expectError, Repository } from './repository.ts';

// What real clients depend on: CLIENTS.md, "Manifests, tags, lists" and "HEAD and GET" of manifests.

let berth: Berth;
let repository: Repository;
beforeAll(async () => {
  berth = await startBerth();
  repository = new Repository(berth, 'manifests');
});
afterAll(() => berth.dispose());

describe('PUT /v2/<name>/manifests/<reference>', () => {
  it('stores the exact bytes under their digest, and says so with 201', async () => {
    const { bytes, blobs } = imageOf();
    const padded = Buffer.concat([Buffer.from('\n  '), bytes, Buffer.from(' \n')]);
    for (const blob of blobs) await repository.pushBlob(blob);
    const answer = await repository.putManifest('exact', { mediaType: MANIFEST, bytes: padded });
    expect(answer.status).toBe(201);
    expect(answer.headers['docker-content-digest']).toBe(digestOf(padded));
    expect(answer.headers.location).toMatch(/^\/v2\/manifests\/manifests\//);
    expect((await repository.getManifest('exact')).body.equals(padded)).toBe(true);
  });

  it('takes the type from Content-Type without its parameters, else from mediaType, else from what it sees', async () => {
    const typed = imageOf();
    const untyped = imageOf({ untyped: true });
    for (const [image, contentType] of [
      [typed, `${MANIFEST}; charset=utf-8`],
      [typed, undefined],
      [untyped, undefined],
      [untyped, MANIFEST],
    ] as const) {
      for (const blob of image.blobs) await repository.pushBlob(blob);
      const headers = contentType === undefined ? {} : { 'content-type': contentType };
      const answer = await put(berth, repository.path('manifests/typed'), { headers, body: image.bytes });
      expect(answer.status, `${answer.body}`).toBe(201);
      expect((await repository.headManifest('typed')).headers['content-type']).toBe(MANIFEST);
    }
  });

  it('refuses a manifest whose digest is not the one in the path', async () => {
    const image = imageOf();
    for (const blob of image.blobs) await repository.pushBlob(blob);
    expectError(await repository.putManifest(imageOf().digest, image), 400, 'DIGEST_INVALID');
  });

  it('refuses an image whose blobs are not there with MANIFEST_BLOB_UNKNOWN', async () => {
    // The spec's table of endpoints says 404, and distribution 400: clients go by the code.
    expectError(await repository.putManifest('missing', imageOf()), 404, 'MANIFEST_BLOB_UNKNOWN');
  });

  it('takes an index whose children are not there, a sparse copy', async () => {
    const index = indexOf([imageOf(), imageOf()]);
    expect((await repository.putManifest('sparse', index)).status).toBe(201);
  });

  it('takes the index of layers that older buildkits export a cache as', async () => {
    const [layer, config] = [randomBlob(), jsonContent('application/vnd.buildkit.cacheconfig.v0', {})];
    await repository.pushBlob(layer);
    await repository.pushBlob(config);
    const manifests = [descriptor(layer), descriptor(config)];
    const cache = jsonContent(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
    expect((await repository.putManifest('cache', cache)).status).toBe(201);
  });

  it('takes a docker schema 2 manifest and keeps its type', async () => {
    const { config, blobs } = imageOf();
    const layer = present(blobs[1]);
    await repository.pushBlob(config);
    await repository.pushBlob(layer);
    const manifest = jsonContent(DOCKER_MANIFEST, {
      schemaVersion: 2,
      mediaType: DOCKER_MANIFEST,
      config: { ...descriptor(config), mediaType: 'application/vnd.docker.container.image.v1+json' },
      layers: [{ ...descriptor(layer), mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
    });
    expect((await repository.putManifest('docker', manifest)).status).toBe(201);
    expect((await repository.headManifest('docker')).headers['content-type']).toBe(DOCKER_MANIFEST);
  });

  it('answers OCI-Subject for a manifest with a subject, there or not', async () => {
    for (const pushed of [true, false]) {
      const subject = imageOf();
      if (pushed) await repository.push(subject);
      const answer = await repository.push(
        artifactOf({ artifactType: 'application/example', subject }),
        'artifact',
      );
      expect(answer.headers['oci-subject']).toBe(subject.digest);
    }
    expect((await repository.push(imageOf(), 'plain')).headers['oci-subject']).toBeUndefined();
  });

  it('takes a manifest of 4 MiB', async () => {
    const image = imageOf({ annotations: { filler: 'x'.repeat(4 * 1024 * 1024 - 2000) } });
    await repository.push(image, 'four-mebibytes');
    await repository.expectWhole('four-mebibytes', image);
  });

  it('takes tags as parameters, all at once', async () => {
    const image = imageOf();
    for (const blob of image.blobs) await repository.pushBlob(blob);
    const answer = await repository.putManifest(`${image.digest}?tag=param-a&tag=param-b`, image);
    expect(answer.status).toBe(201);
    expect(answer.rawHeaders.join(' ')).toContain('param-a');
    for (const tag of ['param-a', 'param-b']) await repository.expectWhole(tag, image);
  });

  it('stores and serves by sha512', async () => {
    const image = imageOf();
    for (const blob of image.blobs) await repository.pushBlob(blob);
    const digest = digestOf(image.bytes, 'sha512');
    expect((await repository.putManifest(digest, image)).headers['docker-content-digest']).toBe(digest);
    const answer = await repository.getManifest(digest);
    expect([answer.status, answer.headers['docker-content-digest']]).toEqual([200, digest]);
  });
});

describe('HEAD and GET /v2/<name>/manifests/<reference>', () => {
  it('carry the length, the digest and the type in a HEAD, by tag and by digest', async () => {
    const image = imageOf();
    await repository.push(image, 'head');
    for (const reference of ['head', image.digest]) {
      const answer = await repository.headManifest(reference);
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        'content-length': String(image.size),
        'content-type': MANIFEST,
        'docker-content-digest': image.digest,
        etag: `"${image.digest}"`,
      });
    }
  });

  it('name the current digest of a tag the moment it has moved', async () => {
    for (let moves = 0; moves < 5; moves++) {
      const image = imageOf();
      await repository.push(image, 'moving');
      expect((await repository.headManifest('moving')).headers['docker-content-digest']).toBe(image.digest);
      expect((await repository.getManifest('moving')).body.equals(image.bytes)).toBe(true);
    }
  });

  it('answer a client that has the manifest with 304', async () => {
    const image = imageOf();
    await repository.push(image, 'cached');
    const answer = await repository.getManifest('cached', { 'if-none-match': `"${image.digest}"` });
    expect([answer.status, answer.body.length]).toEqual([304, 0]);
    await repository.push(imageOf(), 'cached');
    expect((await repository.getManifest('cached', { 'if-none-match': `"${image.digest}"` })).status).toBe(
      200,
    );
  });

  it.each([
    [undefined, 200],
    ['*/*', 200],
    ['application/*', 200],
    [MANIFEST, 200],
    [`${DOCKER_MANIFEST}, ${MANIFEST};q=0.5`, 200],
    [`${INDEX}, */*`, 200],
    [DOCKER_MANIFEST, 404],
    [`${DOCKER_MANIFEST}, ${INDEX}`, 404],
  ])('answer Accept: %s with %i, in the stored type or not at all', async (accept, status) => {
    const image = imageOf();
    await repository.push(image, 'accepted');
    for (const reference of ['accepted', image.digest]) {
      const answer = await repository.getManifest(reference, accept === undefined ? {} : { accept });
      if (status === 404) expectError(answer, 404, 'MANIFEST_UNKNOWN');
      else
        expect([answer.status, answer.headers['content-type'], digestOf(answer.body)]).toEqual([
          200,
          MANIFEST,
          image.digest,
        ]);
    }
  });

  it('read Accept from several headers, as podman sends it', async () => {
    const image = imageOf();
    await repository.push(image, 'several');
    const accept = [DOCKER_MANIFEST, INDEX, MANIFEST] as unknown as string;
    expect((await repository.getManifest('several', { accept })).status).toBe(200);
  });

  it('give the index to a client that takes indexes, and never a platform of it instead', async () => {
    const index = multiPlatformImage();
    await repository.push(index, 'index');
    await repository.expectWhole('index', index);
    expectError(await repository.getManifest('index', { accept: DOCKER_MANIFEST }), 404, 'MANIFEST_UNKNOWN');
  });
});

describe('DELETE /v2/<name>/manifests/<reference>', () => {
  it('takes a tag away with 202, and only the tag', async () => {
    const image = imageOf();
    await repository.push(image, 'kept');
    await repository.push(image, 'gone');
    expect((await repository.delete('manifests/gone')).status).toBe(202);
    expectError(await repository.getManifest('gone'), 404, 'MANIFEST_UNKNOWN');
    await repository.expectWhole('kept', image);
    await repository.expectWhole(image.digest, image);
    expectError(await repository.delete('manifests/gone'), 404, 'MANIFEST_UNKNOWN');
  });

  it('takes a manifest away with 202, and all its tags', async () => {
    const image = imageOf();
    await repository.push(image, 'twice-a');
    await repository.push(image, 'twice-b');
    expect((await repository.delete(`manifests/${image.digest}`)).status).toBe(202);
    for (const reference of ['twice-a', 'twice-b', image.digest]) {
      expectError(await repository.getManifest(reference), 404, 'MANIFEST_UNKNOWN');
    }
    await repository.push(image, 'twice-a');
    await repository.expectWhole('twice-a', image);
  });
});
