import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { CLIENTS, FourClients, NEEDED_BY_FOUR, ONE_ATTEMPT, readByUser } from './four.ts';
import { get, post } from './http.ts';
import { imageOf, randomLayer } from './image.ts';
import { present } from './present.ts';
import { expectError, Repository, shown } from './repository.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

/** What the disk does, what a client's user reads of it, and whether it can still be read. */
const FAULTS = [
  {
    name: 'a read-only file system',
    fault: 'EROFS write',
    sentence: /file system.* is read-only/i,
    status: 403,
    pulls: true,
  },
  {
    name: 'a folder without permission',
    fault: 'EACCES write',
    sentence: /no permission/i,
    status: 403,
    pulls: true,
  },
  {
    name: 'a disk that fails to write',
    fault: 'EIO write',
    sentence: /disk reports errors/i,
    status: 424,
    pulls: true,
  },
  {
    name: 'a disk that fails altogether',
    fault: 'EIO read write',
    sentence: /disk reports errors/i,
    status: 424,
    pulls: false,
  },
  {
    name: 'a quota that is used up',
    fault: 'EDQUOT write',
    sentence: /quota is used up/i,
    status: 413,
    pulls: true,
  },
];

describeWith(NEEDED_BY_FOUR, 'a dying disk', () => {
  const workspace = createWorkspace('dying');
  const data = workspace.folder('data');
  const faults = workspace.file('faults', '');
  const kept = imageOf({ layers: [randomLayer(300_000)] });
  let berth: Berth;
  let clients: FourClients;
  let repository: Repository;

  const fail = (fault: string): void => writeFileSync(faults, fault);

  beforeAll(async () => {
    const preload = resolve(import.meta.dirname, 'faults.cjs');
    const env = { NODE_OPTIONS: `--require=${preload}`, BERTH_TEST_FAULTS: faults, BERTH_TEST_FOLDER: data };
    berth = await startBerth({ data, env });
    clients = new FourClients(workspace, berth);
    await clients.start(300_000);
    repository = new Repository(berth, 'kept');
    await repository.push(kept, 'v1');
    for (const client of CLIENTS) expect((await clients.push(client, `own/${client}:v1`)).code).toBe(0);
  });
  afterEach(() => fail(''));
  afterAll(async () => {
    fail('');
    await clients.stop();
    await berth.stop();
    workspace.remove();
  });

  describe.each(FAULTS)('$name', ({ fault, sentence, status, pulls }) => {
    it.each(CLIENTS)('is what the user of %s reads at a push, without a second attempt', async (client) => {
      fail(fault);
      for (const name of [`new/${client}:v2`, `own/${client}:v2`]) {
        await berth.forgetRequests();
        const output = await clients.push(client, name);
        const refused = (await berth.requests()).filter((each) => each.status === status);
        expect(readByUser(output)).toMatch(sentence);
        expect(output.code).not.toBe(0);
        expect(refused.length).toBeLessThanOrEqual(ONE_ATTEMPT);
      }
    });

    it('lets be pulled what can be read, takes nothing back, and is over when it is over', async () => {
      fail(fault);
      if (pulls) await repository.expectWhole('v1', kept);
      expectError(await repository.delete('manifests/v1'), status, 'DENIED');
      expectError(await repository.putManifest('v2', kept), status, 'DENIED');
      expectError(await post(berth, '/v2/kept/blobs/uploads/'), status, 'DENIED');
      fail('');
      expect(await repository.tags()).toEqual(['v1']);
      await berth.kill();
      await berth.restart();
      await repository.expectWhole('v1', kept);
      await repository.push(imageOf(), 'next');
      expect((await repository.delete('manifests/next')).status).toBe(202);
    });
  });

  describe('a disk that fails to read', () => {
    it.each(CLIENTS)('is told to the user of %s at a pull, without a second attempt', async (client) => {
      await berth.kill();
      await berth.restart();
      fail('EIO read');
      await berth.forgetRequests();
      const output = await clients.pull(client, 'kept:v1');
      expect(output.code).not.toBe(0);
      expect(readByUser(output)).toMatch(/disk reports errors/i);
      // docker asks twice: with HEAD for a manifest, and for the rest of a layer.
      expect((await berth.requests()).filter(({ status }) => status === 424).length).toBeLessThanOrEqual(2);
    });

    it.each([
      ['docker', /disk reports errors/i],
      // They show no more of what was answered than the status.
      ['podman', /424 \(Failed Dependency\)/],
      ['buildah', /424 \(Failed Dependency\)/],
      ['skopeo', /424 \(Failed Dependency\)/],
    ] as const)('is told to the user of %s when it fails at a layer only', async (client, shownToUser) => {
      // Manifest and config are in memory afterwards.
      await repository.expectWhole('v1', kept);
      fail('EIO read');
      await berth.forgetRequests();
      const output = await clients.pull(client, 'kept:v1');
      expect(output.code).not.toBe(0);
      expect(readByUser(output)).toMatch(shownToUser);
      expect((await berth.requests()).filter(({ status }) => status === 424).length).toBeLessThanOrEqual(2);
    });
  });

  describe('a data folder that has disappeared', () => {
    const away = `${data}.away`;
    afterEach(() => {
      if (!existsSync(away)) return;
      rmSync(data, { recursive: true, force: true });
      renameSync(away, data);
    });

    it.each(CLIENTS)('is told to the user of %s at a push, without a second attempt', async (client) => {
      renameSync(data, away);
      for (const name of [`new/${client}:v2`, `own/${client}:v2`]) {
        await berth.forgetRequests();
        const output = await clients.push(client, name);
        const refused = (await berth.requests()).filter((each) => each.status === 424);
        expect(readByUser(output)).toMatch(/data folder.* (has disappeared|is not what it was)/i);
        expect(refused.length).toBeLessThanOrEqual(ONE_ATTEMPT);
      }
      expect(readdirSync(workspace.path)).not.toContain('data');
    });

    it('is never answered as content that is not there, and is forgotten when it is back', async () => {
      const { digest } = present(kept.blobs.at(-1));
      renameSync(data, away);
      const path = `/v2/kept/blobs/${digest}`;
      expectError(await get(berth, path), 424, 'DENIED');
      expect((await repository.headBlob(digest)).status).toBe(200);
      // An empty one in its place, as the mount point of a disk that is not mounted.
      mkdirSync(join(data, 'blobs/sha256'), { recursive: true });
      expectError(await get(berth, path), 424, 'DENIED');
      rmSync(data, { recursive: true });
      cpSync(away, data, { recursive: true, filter: (each) => !each.endsWith('.socket') });
      const refused = await repository.putManifest('copy', kept);
      expectError(refused, 424, 'DENIED');
      expect(shown(refused)).toMatch(/not what it was/);
      rmSync(data, { recursive: true });
      renameSync(away, data);
      await repository.push(imageOf(), 'back');
      await repository.expectWhole('v1', kept);
      rmSync(join(data, 'blobs/sha256', digest.slice(7)));
      expectError(await get(berth, path), 404, 'BLOB_UNKNOWN');
    });
  });
});
