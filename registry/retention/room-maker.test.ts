import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, fileOf, TestCaller, TestStore } from '../../test/domain/store.ts';
import type { ByteSource } from '../blobs/receive.ts';
import { Reclaimer } from '../collector/reclaimer.ts';
import { finishUpload, mountBlob, statBlob } from '../images/blobs.ts';
import { setTag } from '../images/tags.ts';
import { Retainer } from './retainer.ts';
import { RoomMaker } from './room-maker.ts';

const KIB = 1024;
const BUDGET = 400 * KIB;
let test: TestStore;
let most: number;
let timer: NodeJS.Immediate;

beforeEach(async () => {
  test = await TestStore.open(undefined, { budget: BUDGET });
  serve();
  most = 0;
  const sample = (): void => {
    most = Math.max(most, onDisk());
    timer = setImmediate(sample);
  };
  sample();
});
afterEach(async () => {
  clearImmediate(timer);
  expect(onDisk()).toBeLessThanOrEqual(test.store.budget.taken);
  expect(most).toBeLessThanOrEqual(BUDGET);
  await test.close();
});

function serve(): void {
  const { store } = test;
  const maker = new RoomMaker(store, new Retainer(store), new Reclaimer(store, () => 7));
  store.budget.makeRoomWith((over, wanted) => maker.run(over, wanted));
}

/** What the files take, as `du` counts it. */
function onDisk(): number {
  return ['blobs/sha256', 'uploads'].reduce((sum, folder) => sum + sizeOf(join(test.folder, folder)), 0);
}

function sizeOf(folder: string): number {
  let sum = 0;
  for (const name of readdirSync(folder)) {
    sum += (statSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512;
  }
  return sum;
}

/** A body that comes in small pieces, with its length said before or not. */
function slowly(bytes: Buffer, isAnnounced: boolean): ByteSource {
  return {
    length: isAnnounced ? bytes.length : undefined,
    async consume(onChunk, stop) {
      for (let at = 0; at < bytes.length; at += 8 * KIB) {
        stop.throwIfAborted();
        onChunk(Buffer.from(bytes.subarray(at, at + 8 * KIB)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    pause: () => undefined,
    resume: () => undefined,
  };
}

async function send(repository: string, bytes: Buffer, isAnnounced = true): Promise<void> {
  const { store, caller } = test;
  const upload = await store.uploads.start(repository, 'sha256');
  try {
    await finishUpload(store, upload, { body: slowly(bytes, isAnnounced) }, digestOf(bytes), caller);
  } catch (error) {
    await store.uploads.cancel(upload);
    throw error;
  }
}

async function pushImage(tag: string, bytes: Buffer, isAnnounced = true): Promise<void> {
  await send('app', bytes, isAnnounced);
  await test.imageOf('app', tag, bytes);
}

describe.each([true, false])('a budget (length of the body announced: %s)', (isAnnounced) => {
  it('is kept at every moment while more images are pushed than fit into it', async () => {
    for (let number = 1; number <= 12; number += 1) {
      await pushImage(`v${number}`, randomBytes(100 * KIB), isAnnounced);
    }
    expect(most).toBeGreaterThan(BUDGET / 2);
    expect(test.tags('app')).toEqual(expect.arrayContaining(['v11', 'v12']));
    expect(test.tags('app').length).toBeLessThanOrEqual(3);
  });

  it('is kept by eight uploads together: what does not fit is refused, and leaves nothing behind', async () => {
    await pushImage('old', randomBytes(100 * KIB), isAnnounced);
    const uploads = Array.from({ length: 8 }, () => send('app', randomBytes(90 * KIB), isAnnounced));
    const results = await Promise.allSettled(uploads);
    const refused = results.filter((each) => each.status === 'rejected');
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'STORAGE_FULL' });
    expect(refused.length).toBeGreaterThanOrEqual(4);
    expect(refused.length).toBeLessThan(8);
    expect(readdirSync(join(test.folder, 'uploads'))).toEqual([]);
    expect(test.tags('app')).toEqual([]);
  });

  it('takes nothing of an image that is being pushed, and says why there is no room', async () => {
    const first = randomBytes(250 * KIB);
    await send('app', first, isAnnounced);
    await expect(send('app', randomBytes(200 * KIB), isAnnounced)).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      message: expect.stringMatching(/the setting "budget".*are protected or in use/) as string,
    });
    expect(await test.files()).toEqual([fileOf(digestOf(first))]);
  });
});

describe('a budget', () => {
  it('gives up nothing for what could never fit', async () => {
    await pushImage('kept', randomBytes(100 * KIB));
    await pushImage('old', randomBytes(100 * KIB));
    await setTag(test.store, 'app', 'kept', { protected: true }, {});
    await expect(send('app', randomBytes(350 * KIB))).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(test.tags('app')).toEqual(['kept', 'old']);
    await send('app', randomBytes(250 * KIB));
    expect(test.tags('app')).toEqual(['kept']);
  });

  it('takes no room for what is here, and keeps what a client was told of', async () => {
    const bytes = randomBytes(300 * KIB);
    await pushImage('v1', bytes);
    const { taken } = test.store.budget;
    const client = new TestCaller('other');
    expect(await statBlob(test.store, 'app', digestOf(bytes), client)).toBe(bytes.length);
    expect(await mountBlob(test.store, 'copy', digestOf(bytes), 'app', client)).toBe(true);
    expect(test.store.budget.taken).toBe(taken);
    await expect(send('app', randomBytes(200 * KIB))).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await test.files()).toContain(fileOf(digestOf(bytes)));
  });

  it('has room for a manifest, too, or refuses it', async () => {
    await pushImage('v1', randomBytes(380 * KIB));
    expect(test.tags('app')).toEqual(['v1']);
    await test.store.settings.change({ budget: test.store.budget.taken });
    await test.index('app', 'v2', []);
    expect(test.tags('app')).toEqual(['v2']);
  });

  it('counts the same after a restart, and what several clients pushed at once only once', async () => {
    const bytes = randomBytes(60 * KIB);
    await Promise.all([1, 2, 3].map(() => send('app', bytes)));
    const open = await test.store.uploads.start('app', 'sha256');
    await open.append(slowly(randomBytes(20 * KIB), false));
    const { taken } = test.store.budget;
    expect(taken).toBe(80 * KIB + 2 * 256);
    test = await test.reopen();
    expect(test.store.budget.taken).toBe(taken);
    await test.store.uploads.removeExpired(Date.now() + 24 * 3_600_000);
    expect(test.store.budget.taken).toBe(60 * KIB + 256);
  });
});
