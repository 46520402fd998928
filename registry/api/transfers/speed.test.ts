import { once } from 'node:events';
import { request, type ClientRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { post, send } from '../../../test/clients/http.ts';
import { imageOf, randomLayer } from '../../../test/clients/image.ts';
import { withQuery } from '../../../test/clients/repository.ts';
import { Served } from '../../../test/served.ts';
import type { Transfer } from '../contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

const transfers = async (): Promise<readonly Transfer[]> =>
  (await berth.get<{ transfers: Transfer[] }>('/api/transfers')).transfers;

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
  it('says of each of its layers how fast it comes, or came', async () => {
    const app = berth.repository('app');
    const [base, small, large] = [randomLayer(), randomLayer(), randomLayer(400_000)];
    const image = imageOf({ layers: [base, small, large] });
    await berth.repository('lib').pushBlob(base);
    await post(berth, `/v2/app/blobs/uploads/?mount=${base.digest}&from=lib`);
    await app.pushBlob(small);
    await app.pushBlob(image.config);
    const location = await app.openUpload();
    const patch = await openPatch(location, large.bytes.subarray(0, 200_000), large.size);
    let sent = 200_000;
    const trickle = setInterval(() => {
      if (sent < 300_000) patch.write(large.bytes.subarray(sent, (sent += 100)));
    }, 50);
    const push = async (fits: (blobs: Transfer['blobs']) => boolean): Promise<Transfer['blobs']> =>
      await vi.waitFor(async () => {
        const { blobs = [] } = (await transfers()).find(({ repository }) => repository === 'app') ?? {};
        if (!fits(blobs)) throw new Error(JSON.stringify(blobs));
        return blobs;
      }, 30_000);
    const coming = await push((blobs) => (blobs[3]?.speed ?? 0) > 0);
    expect(coming.map(({ state, speed }) => [state, speed > 0])).toEqual([
      ['already here', false],
      ['done', true],
      ['done', true],
      ['running', true],
    ]);
    clearInterval(trickle);
    const [, ...still] = await push((blobs) => blobs[3]?.speed === 0);
    expect(still.map(({ state, speed }) => [state, speed > 0])).toEqual([
      ['done', true],
      ['done', true],
      ['running', false],
    ]);
    patch.end(large.bytes.subarray(sent));
    await once(patch, 'response');
    await send(berth, 'PUT', withQuery(location, `digest=${large.digest}`));
    await app.putManifest('v1', image);
    const last = (await push((blobs) => blobs[3]?.state === 'done'))[3];
    // A part of it came at once, and the rest when it had stood still for a second, which counts.
    expect(last?.speed).toBeGreaterThan(0);
    expect(last?.speed).toBeLessThan(large.size);
  });
});
