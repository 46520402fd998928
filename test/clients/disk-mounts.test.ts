import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { CLIENTS, FourClients, NEEDED_BY_FOUR, ONE_ATTEMPT, readByUser } from './four.ts';
import { get } from './http.ts';
import { imageOf, randomLayer } from './image.ts';
import { present } from './present.ts';
import { expectError, Repository } from './repository.ts';
import { describeWith } from './tools.ts';
import { until } from './until.ts';
import { createWorkspace } from './workspace.ts';

describeWith(['mount', 'umount', ...NEEDED_BY_FOUR], 'a data folder on a disk of its own', () => {
  const workspace = createWorkspace('mounts');
  const disk = workspace.folder('disk');
  const data = workspace.folder('data');
  const kept = imageOf({ layers: [randomLayer(300_000)] });
  let berth: Berth;
  let clients: FourClients;
  let repository: Repository;

  const mount = (...args: string[]): Buffer => execFileSync('mount', args);
  const plugIn = (): Buffer => mount('--bind', disk, data);
  const pullOut = (): Buffer => execFileSync('umount', ['--lazy', data]);

  beforeAll(async () => {
    mount('-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk);
    plugIn();
    berth = await startBerth({ data });
    clients = new FourClients(workspace, berth);
    await clients.start(300_000);
    repository = new Repository(berth, 'kept');
    await repository.push(kept, 'v1');
  });
  afterAll(async () => {
    await clients.stop();
    await berth.stop();
    execFileSync('umount', [data]);
    execFileSync('umount', [disk]);
    workspace.remove();
  });

  it.each(CLIENTS)(
    'that is mounted read-only: says so to the user of %s, and is pulled from',
    async (client) => {
      // Not while a file is being written, and index.json follows a push by a second.
      await until('the disk is read-only', () => spawnSync('mount', ['-o', 'remount,ro', disk]).status === 0);
      try {
        await berth.forgetRequests();
        const output = await clients.push(client, `read-only:${client}`);
        expect(readByUser(output)).toMatch(/file system of the data folder is read-only/i);
        expect(output.code).not.toBe(0);
        expect((await berth.requests()).filter(({ status }) => status === 403).length).toBeLessThanOrEqual(
          ONE_ATTEMPT,
        );
        expect((await clients.pull(client, 'kept:v1')).code).toBe(0);
        expectError(await repository.delete('manifests/v1'), 403, 'DENIED');
      } finally {
        mount('-o', 'remount,rw', disk);
      }
      await repository.push(imageOf(), 'writable');
    },
  );

  it.each(CLIENTS)(
    'that is pulled out: says so to the user of %s, and goes on when it is back',
    async (client) => {
      const { digest } = present(kept.blobs.at(-1));
      pullOut();
      try {
        await berth.forgetRequests();
        const output = await clients.push(client, `gone:${client}`);
        expect(readByUser(output)).toMatch(/data folder.* has disappeared/i);
        expect(output.code).not.toBe(0);
        expect((await berth.requests()).filter(({ status }) => status === 424).length).toBeLessThanOrEqual(
          ONE_ATTEMPT,
        );
        expectError(await get(berth, `/v2/kept/blobs/${digest}`), 424, 'DENIED');
        expectError(await repository.delete('manifests/v1'), 424, 'DENIED');
        expect(readdirSync(data)).toEqual([]);
      } finally {
        plugIn();
      }
      await repository.expectWhole('v1', kept);
      expect((await clients.push(client, `back:${client}`)).code).toBe(0);
    },
  );
});
