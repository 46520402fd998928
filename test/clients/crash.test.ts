import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { get, json } from './http.ts';
import { digestOf, imageOf, randomLayer, type Descriptor, type Image } from './image.ts';
import { seeded } from './random.ts';
import { Repository } from './repository.ts';
import { until } from './until.ts';

const ROUNDS = Number(process.env['BERTH_CRASH_ROUNDS'] ?? 8);
const SEED = Number(process.env['BERTH_CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PUSHERS = 6;

/** What one client was told is done, and what it had asked for when the server died. */
interface Promised {
  repository: Repository;
  images: Map<string, Image>;
  /** The tag `latest`, which every push moves: the last image acknowledged, and those in doubt after it. */
  latest: Image | undefined;
  inDoubt: Image[];
}

describe('kill -9 in the middle of pushes', () => {
  const random = seeded(SEED);
  let berth: Berth;
  const promises: Promised[] = [];

  beforeAll(async () => {
    console.log(`crash test: seed ${SEED}, ${ROUNDS} rounds (BERTH_CRASH_SEED, BERTH_CRASH_ROUNDS)`);
    berth = await startBerth();
    for (let pusher = 0; pusher < PUSHERS; pusher++) {
      const repository = new Repository(berth, `crash/pusher-${pusher}`);
      promises.push({ repository, images: new Map(), latest: undefined, inDoubt: [] });
    }
  });
  afterAll(() => berth.dispose());

  for (let round = 1; round <= ROUNDS; round++) {
    it(`keeps everything acknowledged and shows nothing half-made (round ${round})`, async () => {
      const goal = 4 + Math.floor(random() * 30);
      const before = acknowledged(promises);
      let stopped = false;
      const pushing = promises.map((promised) => pushUntil(promised, random, () => stopped));
      try {
        await until(`${goal} pushes are acknowledged`, () => acknowledged(promises) >= before + goal);
        await new Promise((later) => setTimeout(later, random() * 20)); // anywhere within the next pushes
        await berth.kill();
      } finally {
        stopped = true;
        await Promise.all(pushing);
      }
      await berth.restart();
      for (const promised of promises) await expectKept(promised);
      await expectOnlyWholeContent(berth);
    });
  }

  it('starts without upload files of sessions that were finished', async () => {
    await new Repository(berth, 'crash/after').push(imageOf(), 'v1');
    expect(await berth.stop()).toBe(0);
    await berth.restart();
    for (const promised of promises) await expectKept(promised);
  });
});

function acknowledged(promises: Promised[]): number {
  return promises.reduce((sum, { images }) => sum + images.size, 0);
}

async function pushUntil(promised: Promised, random: () => number, stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    const image = imageOf({ layers: [randomLayer(1024 + Math.floor(random() * 256 * 1024))] });
    const tag = `v${promised.images.size}-${promised.inDoubt.length}`;
    promised.inDoubt.push(image);
    try {
      await promised.repository.push(image, tag);
      promised.images.set(tag, image);
      // One pusher at a time writes to a repository, so what is acknowledged last is what the tag names.
      await promised.repository.putManifest('latest', image);
      promised.latest = image;
      promised.inDoubt = [];
    } catch {
      // The server died under this push: it promised nothing.
      return;
    }
  }
}

async function expectKept(promised: Promised): Promise<void> {
  const { repository, images, latest, inDoubt } = promised;
  const tags = images.size > 0 ? await repository.tags() : [];
  for (const [tag, image] of images) {
    expect(tags).toContain(tag);
    await repository.expectWhole(tag, image);
  }
  if (latest === undefined) return;
  const answer = await repository.headManifest('latest');
  const possible = [latest, ...inDoubt].map(({ digest }) => digest);
  expect(possible).toContain(answer.headers['docker-content-digest']);
}

/** Every tag of every repository resolves, down to bytes that hash to their digest. */
async function expectOnlyWholeContent(berth: Berth): Promise<void> {
  const { repositories } = json<{ repositories: string[] }>(await get(berth, '/v2/_catalog?n=1000'));
  for (const name of repositories) {
    const repository = new Repository(berth, name);
    for (const tag of await repository.tags()) {
      const manifest = await repository.getManifest(tag);
      expect(manifest.status, `${name}:${tag}`).toBe(200);
      expect(digestOf(manifest.body)).toBe(manifest.headers['docker-content-digest']);
      const { config, layers } = json<{ config: Descriptor; layers: Descriptor[] }>(manifest);
      for (const { digest, size } of [config, ...layers]) {
        const blob = await repository.getBlob(digest);
        expect([blob.status, blob.body.length, digestOf(blob.body)]).toEqual([200, size, digest]);
      }
    }
  }
  // What lies under a digest's name on disk has that digest, or it would be served to the next who asks.
  const folder = join(berth.data, 'blobs/sha256');
  expect(
    readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => !/^[0-9a-f]{64}$/.test(name)),
  ).toEqual([]);
}
