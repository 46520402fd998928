import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request, type ClientRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { head, post, send } from '../../../test/clients/http.ts';
import { imageOf, multiPlatformImage, randomBlob, randomLayer } from '../../../test/clients/image.ts';
import { withQuery } from '../../../test/clients/repository.ts';
import { EventClient } from '../../../test/event-client.ts';
import { Served } from '../../../test/served.ts';
import type { Transfer } from '../contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

const transfers = async (): Promise<readonly Transfer[]> =>
  (await berth.get<{ transfers: Transfer[] }>('/api/transfers')).transfers;

/** The only one there is, as soon as it fits. */
async function only(fits: (transfer: Transfer) => boolean): Promise<Transfer> {
  return await vi.waitFor(async () => {
    const [transfer, ...others] = await transfers();
    if (transfer === undefined || others.length > 0 || !fits(transfer)) {
      throw new Error(JSON.stringify([transfer, ...others]));
    }
    return transfer;
  }, 10_000);
}

/** A PATCH of which only a part has been sent. */
async function openPatch(location: string, part: Buffer, length: number): Promise<ClientRequest> {
  const patch = request(`${berth.url}${location}`, {
    method: 'PATCH',
    headers: { 'content-length': length },
    agent: false,
  });
  patch.on('error', () => undefined);
  await new Promise((resolve) => patch.write(part, resolve));
  return patch;
}

describe('a push', () => {
  it('is seen while its bytes come, and when it is done', async () => {
    const app = berth.repository('team/app');
    const events = await EventClient.connect(berth, { types: 'transfer' });
    const layer = randomLayer(400_000);
    const image = imageOf({ layers: [layer] });
    await app.pushBlob(image.config);
    const location = await app.openUpload();
    const half = layer.bytes.subarray(0, 200_000);
    const patch = await openPatch(location, half, layer.size);
    const running = await only(({ blobs }) => (blobs.at(-1)?.done ?? 0) >= half.length);
    expect(running).toMatchObject({
      direction: 'push',
      repository: 'team/app',
      state: 'running',
      endedAt: null,
    });
    expect(running.blobs.at(-1)).toMatchObject({ digest: null, size: layer.size, state: 'running' });
    patch.end(layer.bytes.subarray(200_000));
    await once(patch, 'response');
    await send(berth, 'PUT', withQuery(location, `digest=${layer.digest}`));
    await app.putManifest('v1', image);
    const done = await only(({ state }) => state === 'done');
    expect(done).toMatchObject({
      reference: 'v1',
      error: null,
      saved: 0,
      bytes: image.size + layer.size + image.config.size,
      blobs: [
        { digest: image.config.digest, size: image.config.size, done: image.config.size, state: 'done' },
        { digest: layer.digest, size: layer.size, done: layer.size, state: 'done' },
      ],
    });
    const { transfer } = await events.find('transfer', (event) => event.transfer.state === 'done');
    expect(transfer).toEqual(done);
    expect(events.of('transfer').some((event) => event.transfer.state === 'running')).toBe(true);
    events.close();
  });

  it('in parts says how large a layer is only with the last', async () => {
    const app = berth.repository('app');
    const layer = randomBlob(3000);
    const location = await app.openUpload();
    for (const [first, last] of [
      [0, 999],
      [1000, 1999],
    ] as const) {
      await send(berth, 'PATCH', location, {
        headers: { 'content-range': `${first}-${last}` },
        body: layer.bytes.subarray(first, last + 1),
      });
    }
    expect((await only(() => true)).blobs).toMatchObject([{ size: null, done: 2000, state: 'running' }]);
    await send(berth, 'PUT', withQuery(location, `digest=${layer.digest}`), {
      body: layer.bytes.subarray(2000),
    });
    expect((await only(() => true)).blobs).toMatchObject([{ size: 3000, done: 3000, state: 'done' }]);
  });

  it('says what was already here, by asking or by mounting', async () => {
    const [app, lib] = [berth.repository('app'), berth.repository('lib')];
    const image = imageOf({ layers: [randomLayer(), randomLayer()] });
    await app.push(image, 'v1');
    const [config, first, second] = image.blobs;
    const size = image.blobs.reduce((sum, blob) => sum + blob.size, 0);
    for (const blob of image.blobs) await app.headBlob(blob.digest);
    await app.putManifest('v2', image);
    for (const blob of [config, first]) {
      await post(berth, `/v2/lib/blobs/uploads/?mount=${blob?.digest}&from=app`);
    }
    await lib.pushBlob(second ?? image);
    await lib.putManifest('v3', image);
    const all = await transfers();
    expect(all.map(({ reference, saved, bytes }) => ({ reference, saved, bytes }))).toEqual([
      { reference: 'v1', saved: 0, bytes: size + image.size },
      { reference: 'v2', saved: size, bytes: image.size },
      { reference: 'v3', saved: size - (second?.size ?? 0), bytes: (second?.size ?? 0) + image.size },
    ]);
    expect(all[1]?.blobs.map(({ state }) => state)).toEqual(Array(3).fill('already here'));
  });

  it('of a multi-platform image is one', async () => {
    const image = multiPlatformImage();
    await berth.repository('app').push(image, 'v1');
    const done = await only(({ state }) => state === 'done');
    expect(done.reference).toBe('v1');
    expect(done.blobs.length).toBe(6);
  });

  it('whose manifest is refused has failed, and says why', async () => {
    await berth.repository('app').putManifest('v1', imageOf());
    expect(await only(({ state }) => state === 'failed')).toMatchObject({
      reference: 'v1',
      error: expect.stringContaining('Push that first'),
    });
  });

  it('whose client goes away keeps what came, and goes on where the client comes back', async () => {
    const app = berth.repository('app');
    const layer = randomBlob(300_000);
    const location = await app.openUpload();
    const patch = await openPatch(location, layer.bytes.subarray(0, 100_000), layer.size);
    await only(({ blobs }) => (blobs[0]?.done ?? 0) >= 100_000);
    patch.destroy();
    await only(({ blobs }) => blobs[0]?.state === 'failed');
    const { headers } = await send(berth, 'GET', location);
    const had = Number(/-(\d+)$/.exec(String(headers.range))?.[1]) + 1;
    await send(berth, 'PUT', withQuery(location, `digest=${layer.digest}`), {
      body: layer.bytes.subarray(had),
    });
    expect((await only(({ blobs }) => blobs[0]?.state === 'done')).blobs[0]).toMatchObject({
      size: layer.size,
    });
  });

  it('is told from others of the same client by repository, and by what its manifest names', async () => {
    const app = berth.repository('app');
    const [one, other] = [imageOf(), imageOf()];
    for (const blob of [...one.blobs, ...other.blobs]) await app.pushBlob(blob);
    await berth.repository('lib').pushBlob(randomBlob());
    await app.putManifest('one', one);
    await app.putManifest('other', other);
    const all = await transfers();
    const blobsOf = (reference: string) =>
      all.find((each) => each.reference === reference)?.blobs.map(({ digest }) => digest);
    expect(blobsOf('one')).toEqual(one.blobs.map(({ digest }) => digest));
    expect(blobsOf('other')).toEqual(other.blobs.map(({ digest }) => digest));
    expect(all.find(({ repository }) => repository === 'lib')).toMatchObject({ state: 'running' });
    const bytes = (image: typeof one) => image.size + image.blobs.reduce((sum, { size }) => sum + size, 0);
    expect(all.filter(({ state }) => state === 'done').map((each) => each.bytes)).toEqual([
      bytes(one),
      bytes(other),
    ]);
  });

  it('has its own copy of a layer that two pushes of one client send at once', async () => {
    const app = berth.repository('app');
    const base = randomLayer();
    const images = [1, 2].map(() => imageOf({ layers: [base, randomLayer()] }));
    for (const image of images) for (const blob of image.blobs) await app.pushBlob(blob);
    for (const [index, image] of images.entries()) await app.putManifest(`v${index}`, image);
    const all = await transfers();
    const size = (image: (typeof images)[number]) =>
      image.size + image.blobs.reduce((sum, blob) => sum + blob.size, 0);
    expect(all.map(({ bytes, saved }) => [bytes, saved])).toEqual(images.map((image) => [size(image), 0]));
    expect(all[1]?.startedAt).toBe(all[0]?.startedAt);
  });

  it('by digest is done, though a signature with a tag follows at once', async () => {
    const app = berth.repository('app');
    const [sbom, signature] = [imageOf(), imageOf()];
    await app.push(sbom);
    await app.push(signature, 'sha256-0.sig');
    const all = await vi.waitFor(async () => {
      const ended = (await transfers()).filter(({ state }) => state !== 'running');
      expect(ended).toHaveLength(2);
      return ended;
    }, 20_000);
    const size = ({ blobs, size: own }: typeof sbom) => blobs.reduce((sum, blob) => sum + blob.size, own);
    expect(all.map(({ reference, state, bytes }) => [reference, state, bytes])).toEqual([
      ['sha256-0.sig', 'done', size(signature)],
      [null, 'done', size(sbom)],
    ]);
  });

  it('is one of eight that run at once', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `app-${index}`);
    await Promise.all(names.map((name) => berth.repository(name).push(imageOf(), 'v1')));
    const all = await transfers();
    expect(all.map(({ repository }) => repository).sort()).toEqual(names);
    expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['done']));
  });
});

describe('a pull', () => {
  it('is seen with its blobs, and is done a moment after the last', async () => {
    const app = berth.repository('app');
    const image = imageOf();
    await app.push(image, 'v1');
    await app.headManifest('v1');
    await app.getManifest(image.digest);
    for (const blob of image.blobs) await app.getBlob(blob.digest);
    const pull = await vi.waitFor(async () => {
      const found = (await transfers()).find(({ direction }) => direction === 'pull');
      if (found?.state !== 'done') throw new Error('not yet');
      return found;
    }, 10_000);
    const size = image.blobs.reduce((sum, blob) => sum + blob.size, 0);
    expect(pull).toMatchObject({ reference: 'v1', bytes: size + image.size, saved: 0 });
    expect(pull.blobs.map(({ state, done }) => [state, done])).toEqual(
      image.blobs.map((blob) => ['done', blob.size]),
    );
  });

  it('is one for each tag, if one client pulls two of them at once', async () => {
    const app = berth.repository('app');
    const [one, other] = [imageOf(), imageOf()];
    await app.push(one, 'one');
    await app.push(other, 'other');
    await app.getManifest('one');
    await app.getManifest('other');
    for (const blob of [...other.blobs, ...one.blobs]) await app.getBlob(blob.digest);
    const pulls = (await transfers()).filter(({ direction }) => direction === 'pull');
    expect(pulls.map(({ reference, blobs }) => [reference, blobs.map(({ digest }) => digest)])).toEqual([
      ['one', one.blobs.map(({ digest }) => digest)],
      ['other', other.blobs.map(({ digest }) => digest)],
    ]);
  });

  it('is resumed by a range', async () => {
    const app = berth.repository('app');
    const image = imageOf();
    await app.push(image, 'v1');
    const layer = image.blobs[1] ?? image;
    await app.getManifest('v1');
    await app.getBlob(layer.digest, { range: 'bytes=0-999' });
    await app.getBlob(layer.digest, { range: `bytes=1000-` });
    // The client has its last byte a moment before the server has counted it.
    await vi.waitFor(async () => {
      const pull = (await transfers()).find(({ direction }) => direction === 'pull');
      const { digest, size } = layer;
      expect(pull?.blobs).toMatchObject([{ digest, size, done: size, state: 'done' }]);
    }, 10_000);
  });
});

describe('who only asks', () => {
  it('neither pushes nor pulls, and neither do the window and the command line', async () => {
    const app = berth.repository('app');
    const image = imageOf();
    await app.push(image, 'v1');
    const window = { 'sec-fetch-site': 'same-origin' };
    await app.headBlob(image.config.digest);
    await app.headManifest('v1');
    await app.getManifest('v1');
    await app.getBlob(image.config.digest, window);
    await app.getBlob(image.config.digest, { 'user-agent': 'berth' });
    await head(berth, '/v2/nothing/blobs/sha256:0');
    await head(berth, '/v2/%E0%A4%A/manifests/v1');
    expect((await transfers()).map(({ direction, state }) => [direction, state])).toEqual([['push', 'done']]);
  });
});

describe('an upload session that there is not', () => {
  it('is no push, and is not remembered', async () => {
    const uploads = Array.from({ length: 20 }, () => `/v2/app/blobs/uploads/${randomUUID()}`);
    for (const path of uploads) expect((await send(berth, 'PATCH', path, { body: 'x' })).status).toBe(404);
    expect(await transfers()).toEqual([]);
    const image = imageOf();
    await berth.repository('app').push(image, 'v1');
    const push = await only(({ state }) => state === 'done');
    expect(new Set(push.blobs.map(({ digest }) => digest))).toEqual(
      new Set(image.blobs.map(({ digest }) => digest)),
    );
  });
});
