import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { CLIENTS, FourClients, NEEDED_BY_FOUR, readByUser } from './four.ts';
import { get, json, patch, post, put } from './http.ts';
import { content, imageOf, LAYER, randomLayer, type Image } from './image.ts';
import { expectError, Repository, shown, withQuery } from './repository.ts';
import { describeWith } from './tools.ts';
import { until } from './until.ts';
import { createWorkspace } from './workspace.ts';

const MIB = 1024 * 1024;
const DISK_FULL = /disk is full/i;

describeWith(['mount', 'umount', ...NEEDED_BY_FOUR], 'a full disk', () => {
  const workspace = createWorkspace('full');
  const data = workspace.folder('data');
  const layer = randomLayer(MIB);
  const kept = imageOf({ layers: [layer] });
  /** Its blobs are those of the other, its manifest is not. */
  const annotated = imageOf({ layers: [layer], annotations: { note: 'new' } });
  let berth: Berth;
  let clients: FourClients;
  let repository: Repository;

  beforeAll(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', data]);
    berth = await startBerth({ data });
    clients = new FourClients(workspace, berth);
    await clients.start(64 * MIB);
    repository = new Repository(berth, 'full');
    await repository.push(kept, 'v1');
  });
  afterEach(() => rmSync(join(data, 'other-program'), { force: true }));
  afterAll(async () => {
    await clients.stop();
    await berth.stop();
    execFileSync('umount', [data]);
    workspace.remove();
  });

  describe('met in the middle of a body', () => {
    it('is told at once as a 4xx, and leaves no session behind', async () => {
      const blob = content(LAYER, randomBytes(64 * MIB));
      const whole = withQuery(await repository.openUpload(), `digest=${blob.digest}`);
      expectError(await put(berth, whole, { body: blob.bytes }), 413, 'DENIED');
      for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
        const upload = await repository.openUpload();
        expectError(await patch(berth, upload, { headers, body: blob.bytes }), 413, 'DENIED');
        expectError(await get(berth, upload), 404, 'BLOB_UPLOAD_UNKNOWN');
      }
      expect(berth.uploadFiles()).toEqual([]);
    });

    // docker repeats a push five times, for a minute, unless the error's code tells it that it is no use.
    it.each(CLIENTS)('is what the user of %s reads, without a second attempt', async (client) => {
      await berth.forgetRequests();
      const output = await clients.push(client, `full:${client}`);
      // Requests of the test before, which have no user agent, may be logged only now: their bodies were drained.
      const refused = (await berth.requests()).filter(
        ({ status, client: userAgent }) => status === 413 && userAgent !== '',
      );
      expect(refused).toHaveLength(1);
      expect(output.code).not.toBe(0);
      expect(readByUser(output)).toMatch(DISK_FULL);
    });

    it('harms nothing that was there, and what was too large leaves its room to what is not', async () => {
      await repository.expectWhole('v1', kept);
      const next = imageOf({ layers: [randomLayer(MIB)] });
      await repository.push(next, 'v4');
      await berth.kill();
      await berth.restart();
      await repository.expectWhole('v1', kept);
      await repository.expectWhole('v4', next);
    });
  });

  describe('but for the reserve', () => {
    it('refuses new content before the disk is really full, and says how much is free', async () => {
      fill(0.5 * MIB);
      const answer = await post(berth, '/v2/full/blobs/uploads/');
      expectError(answer, 413, 'DENIED');
      expect(answer.body.toString()).toMatch(
        /(0\.5 MB|5\d\d\.\d kB) are free.*berth keeps 1\.3 MB.*berth gc/i,
      );
      expectError(await repository.putManifest('new', annotated), 413, 'DENIED');
      expect(berth.uploadFiles()).toEqual([]);
    });

    it('refuses nothing that is here already, nor what makes room', async () => {
      await repository.push(kept, 'to-delete');
      fill(0.5 * MIB);
      const elsewhere = new Repository(berth, 'mounted');
      const mount = `/v2/mounted/blobs/uploads/?from=full&mount=`;
      for (const { digest } of kept.blobs) expect((await post(berth, mount + digest)).status).toBe(201);
      expect((await elsewhere.putManifest('v1', kept)).status).toBe(201);
      expect((await repository.putManifest('moved', kept)).status).toBe(201);
      await repository.expectWhole('moved', kept);
      expect((await repository.delete('manifests/to-delete')).status).toBe(202);
    });
  });

  describe('filled to the last byte by another program', () => {
    it.each(CLIENTS)('is what the user of %s reads, without a second attempt', async (client) => {
      fill(0);
      await berth.forgetRequests();
      const output = await clients.push(client, `last-byte:${client}`);
      expect((await berth.requests()).filter(({ status }) => status >= 400 && status !== 404)).toHaveLength(
        1,
      );
      expect(output.code).not.toBe(0);
      expect(readByUser(output)).toMatch(DISK_FULL);
    });

    it('lets what was deleted be reclaimed, and what was not be taken back', async () => {
      const large = imageOf({ layers: [randomLayer(2 * MIB)] });
      await repository.push(large, 'large');
      await repository.push(imageOf(), 'mistake');
      fill(0);
      expect((await repository.delete(`manifests/${large.digest}`)).status).toBe(202);
      fill(0);
      expect((await repository.delete('manifests/mistake')).status).toBe(202);
      fill(0);
      const undone = await post(berth, '/api/undo', { body: '{}' });
      expect(undone.status, shown(undone)).toBe(200);
      expect(await repository.tags()).toContain('mistake');
      fill(0);
      const reclaimed = await post(berth, '/_gc?empty-trash=true');
      expect(reclaimed.status, shown(reclaimed)).toBe(200);
      expect(json<{ reclaimedBytes: number }>(reclaimed).reclaimedBytes).toBeGreaterThan(2 * MIB);
      await repository.push(imageOf(), 'in-its-room');
    });

    it('lets space be made after pulls of which no record can be written', async () => {
      const large = imageOf({ layers: [randomLayer(2 * MIB)] });
      await repository.push(large, 'large');
      const images = Array.from({ length: 50 }, () => imageOf({ layers: [randomLayer(1000)] }));
      for (const image of images) await repository.push(image, image.digest);
      fill(0);
      // A record of so many is longer than what is left of the journal's last block.
      for (const { digest } of images) expect((await repository.getManifest(digest)).status).toBe(200);
      expect((await repository.delete(`manifests/${large.digest}`)).status).toBe(202);
      fill(0);
      const ruled = await post(berth, '/api/retention', { body: '{}' });
      expect(ruled.status, shown(ruled)).toBe(200);
      expect((await get(berth, '/_gc?empty-trash=true')).status).toBe(200);
      const reclaimed = await post(berth, '/_gc?empty-trash=true');
      expect(reclaimed.status, shown(reclaimed)).toBe(200);
      expect(json<{ reclaimedBytes: number }>(reclaimed).reclaimedBytes).toBeGreaterThan(2 * MIB);
    });

    it('lets everything be pulled and deleted, also after kill -9, and goes on when there is room', async () => {
      const tags = Array.from({ length: 60 }, (_, index) => `tag-${index}`);
      const images: Image[] = tags.map(() => imageOf({ layers: [randomLayer(1000)] }));
      for (const [index, image] of images.entries()) await repository.push(image, tags[index]);
      fill(0);
      await repository.expectWhole('v1', kept);
      for (const tag of tags.slice(0, 20)) {
        expect((await repository.delete(`manifests/${tag}`)).status).toBe(202);
        fill(0);
      }

      await berth.kill();
      fill(0);
      await berth.restart();
      await repository.expectWhole('v1', kept);
      expect(await repository.tags()).not.toContain('tag-19');
      for (const { digest } of images.slice(20, 40)) {
        expect((await repository.delete(`manifests/${digest}`)).status).toBe(202);
        fill(0);
      }
      expectError(await post(berth, '/v2/full/blobs/uploads/'), 413, 'DENIED');

      rmSync(join(data, 'other-program'));
      // By itself, without another change.
      await until('the layout is up to date', () => !layout().includes('"full:tag-39"'));
      await repository.push(imageOf(), 'after');
      const ballast = join(data, 'journal/ballast');
      await until('the ballast is laid down again', () => statSync(ballast).size === MIB);
      expect(await repository.tags()).not.toContain('tag-39');
    });
  });

  const layout = (): string => readFileSync(join(data, 'index.json'), 'utf8');

  /** Takes all of the disk but so many bytes, as another program does. */
  function fill(leave: number): void {
    const file = openSync(join(data, 'other-program'), 'a');
    try {
      const chunk = Buffer.alloc(64 * 1024);
      for (;;) {
        const { bavail, bsize } = statfsSync(data);
        const bytes = Math.min(chunk.length, bavail * bsize - leave);
        if (bytes <= 0) return;
        writeSync(file, chunk, 0, bytes);
      }
    } finally {
      closeSync(file);
    }
  }
});
