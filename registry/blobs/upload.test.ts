import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Algorithm, Digest } from '../reference.ts';
import { BlobStore } from './blob-store.ts';
import type { ByteSource } from './receive.ts';
import { UploadStore } from './upload-store.ts';

let folder: string;
let blobs: BlobStore;
let uploads: UploadStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-blobs-'));
  blobs = await BlobStore.open(folder);
  uploads = new UploadStore(folder, 3_600_000);
});
afterEach(async () => {
  await blobs.close();
  await rm(folder, { recursive: true, force: true });
});

function digestOf(bytes: Buffer, algorithm: Algorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Sends the parts, then ends, or fails with `error`. */
function source(parts: readonly Buffer[], error?: Error): ByteSource {
  return {
    async consume(onChunk, stop) {
      for (const part of parts) {
        stop.throwIfAborted();
        onChunk(Buffer.from(part));
        await new Promise((later) => setImmediate(later));
      }
      if (error !== undefined) throw error;
    },
    pause: () => undefined,
    resume: () => undefined,
  };
}

const chunks = (...parts: Buffer[]): ByteSource => source(parts);
const nothing = source([]);
const breaksAfter = (part: Buffer): ByteSource => source([part], new Error('the client has gone'));

const stored = (digest: Digest): Promise<Buffer | undefined> => blobs.findContent(digest);

describe('Upload', () => {
  it('stores what it received in chunks under its digest, read-only, and leaves nothing behind', async () => {
    const parts = [randomBytes(100_000), Buffer.alloc(0), randomBytes(5)];
    const bytes = Buffer.concat(parts);
    const upload = await uploads.start('app', 'sha256');
    for (const part of parts) await upload.append(chunks(part), upload.size);
    expect(await upload.finish(nothing, digestOf(bytes), blobs)).toBe(bytes.length);

    uploads.close(upload);

    expect(await stored(digestOf(bytes))).toEqual(bytes);
    const path = join(folder, 'blobs', ...digestOf(bytes).split(':'));
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
  });

  it('stores a blob of no bytes', async () => {
    const upload = await uploads.start('app', 'sha256');
    await upload.finish(nothing, digestOf(Buffer.alloc(0)), blobs);
    expect(await stored(digestOf(Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
  });

  it.each(['sha256', 'sha512'] as const)(
    'takes a %s digest for a session of either algorithm',
    async (wanted) => {
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const bytes = randomBytes(1000);
        const upload = await uploads.start('app', algorithm);
        await upload.append(chunks(bytes));
        await upload.finish(nothing, digestOf(bytes, wanted), blobs);
        expect(await stored(digestOf(bytes, wanted))).toEqual(bytes);
      }
    },
  );

  it('keeps what came before a stream broke off, and goes on from there', async () => {
    const [first, second] = [randomBytes(70_000), randomBytes(300)];
    const upload = await uploads.start('app', 'sha256');
    await expect(upload.append(breaksAfter(first))).rejects.toThrow('gone');
    expect(upload.size).toBe(first.length);
    await upload.append(chunks(second), first.length);
    const digest = digestOf(Buffer.concat([first, second]));
    await upload.finish(nothing, digest, blobs);
    expect(await stored(digest)).toEqual(Buffer.concat([first, second]));
  });

  it('goes on after a restart of the server', async () => {
    const [first, second] = [randomBytes(70_000), randomBytes(300)];
    const before = await uploads.start('team/app', 'sha512');
    await before.append(chunks(first));

    const restarted = new UploadStore(folder, 3_600_000);
    const upload = await restarted.read('team/app', before.id);
    expect(upload.size).toBe(first.length);
    await upload.append(chunks(second), first.length);
    const digest = digestOf(Buffer.concat([first, second]), 'sha512');
    await upload.finish(nothing, digest, blobs);
    expect(await stored(digest)).toEqual(Buffer.concat([first, second]));
  });

  it('refuses a chunk that does not begin at the end, and stays as it is', async () => {
    const upload = await uploads.start('app', 'sha256');
    await upload.append(chunks(Buffer.from('abc')));
    await expect(upload.append(chunks(Buffer.from('x')), 1)).rejects.toMatchObject({ code: 'RANGE_INVALID' });
    expect(upload.size).toBe(3);
  });

  it('refuses a digest that the bytes do not have, stores nothing and goes on', async () => {
    const bytes = Buffer.from('abc');
    const wrong = digestOf(Buffer.from('other'));
    const upload = await uploads.start('app', 'sha256');
    await upload.append(chunks(bytes));
    await expect(upload.finish(nothing, wrong, blobs)).rejects.toMatchObject({ code: 'DIGEST_INVALID' });
    expect(await stored(wrong)).toBeUndefined();
    await upload.finish(nothing, digestOf(bytes), blobs);
    expect(await stored(digestOf(bytes))).toEqual(bytes);
  });

  it('is as it was when the closing request broke off or had the wrong bytes', async () => {
    const [first, rest] = [randomBytes(1000), randomBytes(500)];
    const digest = digestOf(Buffer.concat([first, rest]));
    const upload = await uploads.start('app', 'sha256');
    await upload.append(chunks(first));
    await expect(upload.finish(breaksAfter(rest.subarray(0, 100)), digest, blobs)).rejects.toThrow('gone');
    expect(upload.size).toBe(first.length);
    await expect(upload.finish(chunks(first), digest, blobs)).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
    });
    expect(upload.size).toBe(first.length);
    await upload.finish(chunks(rest), digest, blobs);
    expect(await stored(digest)).toHaveLength(1500);
  });

  it('can be finished again for as long as it is not closed', async () => {
    const bytes = randomBytes(1000);
    const upload = await uploads.start('app', 'sha256');
    await upload.finish(chunks(bytes), digestOf(bytes), blobs);
    expect(await upload.finish(chunks(bytes), digestOf(bytes), blobs)).toBe(bytes.length);
    uploads.close(upload);
    await expect(upload.finish(chunks(bytes), digestOf(bytes), blobs)).rejects.toMatchObject({
      code: 'BLOB_UPLOAD_UNKNOWN',
    });
  });

  it('is over when its blob was reclaimed before it was finished again', async () => {
    const bytes = randomBytes(1000);
    const upload = await uploads.start('app', 'sha256');
    await upload.finish(chunks(bytes), digestOf(bytes), blobs);
    await blobs.remove(digestOf(bytes));
    await expect(upload.finish(chunks(bytes), digestOf(bytes), blobs)).rejects.toMatchObject({
      code: 'BLOB_UPLOAD_UNKNOWN',
    });
  });

  it.each(['append', 'cancel'] as const)('lets %s through when a request stands still', async (what) => {
    const upload = await uploads.start('app', 'sha256');
    const dead: ByteSource = {
      ...nothing,
      consume: (_, stop) =>
        new Promise((_resolve, reject) => stop.addEventListener('abort', () => reject(stop.reason as Error))),
    };
    const standing = expect(upload.append(dead)).rejects.toMatchObject({ name: 'RegistryError' });
    await (what === 'append' ? upload.append(chunks(Buffer.from('abc'))) : upload.cancel());
    await standing;
    if (what === 'append') expect(upload.size).toBe(3);
    else expect(await uploads.count()).toBe(0);
  });

  it('writes two requests that arrive at once one behind the other', async () => {
    const upload = await uploads.start('app', 'sha256');
    const [first, second] = [randomBytes(200_000), randomBytes(200_000)];
    await Promise.all([upload.append(chunks(first)), upload.append(chunks(second))]);
    const digest = digestOf(Buffer.concat([first, second]));
    await upload.finish(nothing, digest, blobs);
    expect(await stored(digest)).toHaveLength(400_000);
  });
});

describe('UploadStore', () => {
  it('knows a session only in its own repository', async () => {
    const { id } = await uploads.start('app', 'sha256');
    await expect(uploads.read('other', id)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it.each(['../blobs', 'x', '', '00000000-0000-0000-0000-000000000000'])('has no session %j', async (id) => {
    await expect(uploads.read('app', id)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it('removes sessions to which nothing was added for their lifetime, and only those', async () => {
    const [old, young, restarted] = await Promise.all(
      Array.from({ length: 3 }, () => uploads.start('app', 'sha256')),
    );
    await old?.append(chunks(Buffer.from('abc')));
    const past = new Date(Date.now() - 7_200_000);
    for (const name of await readdir(join(folder, 'uploads'))) {
      if (!name.startsWith(young?.id ?? '')) await utimes(join(folder, 'uploads', name), past, past);
    }
    uploads = new UploadStore(folder, 3_600_000);

    const use = await uploads.findUse();
    expect(use).toMatchObject({ expired: { count: 2 }, open: { count: 1, bytes: 0 } });
    const removed = await uploads.removeExpired();
    expect(new Set(removed.map(({ id }) => id))).toEqual(new Set([old?.id, restarted?.id]));
    expect(removed.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(use.expired.bytes);
    expect(use.expired.bytes).toBeGreaterThan(0);
    expect(await uploads.count()).toBe(1);
    await uploads.read('app', young?.id ?? '');
    await expect(uploads.read('app', old?.id ?? '')).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it('removes what a crash left half-written, and keeps sessions', async () => {
    const { id } = await uploads.start('app', 'sha256');
    await writeFile(join(folder, 'uploads', `${id}.part`), 'half a manifest');
    await uploads.removeLeftovers();
    expect(await uploads.count()).toBe(1);
    await new UploadStore(folder, 1000).read('app', id);
  });
});

describe('BlobStore.adopt', () => {
  it.each(['', 'x'.repeat(1000)])('heals content that is damaged', async (damaged) => {
    const bytes = randomBytes(1000);
    const path = join(folder, 'blobs', ...digestOf(bytes).split(':'));
    await writeFile(path, damaged);
    const upload = await uploads.start('app', 'sha256');
    await upload.append(chunks(bytes));
    await upload.finish(nothing, digestOf(bytes), blobs);
    expect(await readFile(path)).toEqual(bytes);
  });
});
