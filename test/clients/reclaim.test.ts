import { execFileSync } from 'node:child_process';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { json, post, put, send } from './http.ts';
import { imageOf, multiPlatformImage, randomLayer, writeLayout, type Image } from './image.ts';
import { Repository, shown } from './repository.ts';
import { run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

interface Reclaimed {
  deletedLayers: number;
  deletedBlobs: number;
  reclaimedBytes: number;
}

async function reclaim(berth: Berth): Promise<Reclaimed> {
  const answer = await post(berth, '/_gc?empty-trash=true', { timeoutMs: 60_000 });
  expect(answer.status, shown(answer)).toBe(200);
  return json<Reclaimed>(answer);
}

/** What the content takes of the disk, as another program counts it. */
function diskUsage(berth: Berth): number {
  const output = execFileSync('du', ['-s', '--block-size=1', join(berth.data, 'blobs')], {
    encoding: 'utf8',
  });
  return Number(output.split('\t')[0]);
}

describe('pushes, deletions and reclaims beside each other', () => {
  const base = [randomLayer(20_000), randomLayer(30_000)];
  const images = Array.from({ length: 6 }, () => imageOf({ layers: [...base, randomLayer(2000)] }));
  let berth: Berth;

  beforeAll(async () => {
    berth = await startBerth();
  });
  afterAll(() => berth.dispose());

  /** Pushes as real clients do: what is there is not sent, and then it has to be there. */
  async function push(image: Image, tag: string, agent: Agent | undefined): Promise<void> {
    const options = agent === undefined ? {} : { agent };
    for (const blob of image.blobs) {
      const path = `/v2/shared/blobs/${blob.digest}`;
      if ((await send(berth, 'HEAD', path, options)).status === 200) continue;
      const started = await post(berth, '/v2/shared/blobs/uploads/', options);
      const location = `${started.headers.location}?digest=${blob.digest}`;
      expect((await put(berth, location, { body: blob.bytes, ...options })).status).toBe(201);
    }
    const answer = await put(berth, `/v2/shared/manifests/${tag}`, {
      headers: { 'content-type': image.mediaType },
      body: image.bytes,
      ...options,
    });
    expect(answer.status, `${tag}: ${shown(answer)}`).toBe(201);
  }

  it.each(['connections that stay open', 'a connection for each request'])(
    'no push loses what it was told of (%s), and at the end nothing is left',
    { timeout: 120_000 },
    async (how) => {
      const repository = new Repository(berth, 'shared');
      let pushes = 0;
      const over = new AbortController();
      const pusher = async (number: number): Promise<void> => {
        const agent = how.includes('stay') ? new Agent({ keepAlive: true, maxSockets: 2 }) : undefined;
        for (let round = 0; round < 40; round += 1) {
          const image = images[(number + round) % images.length];
          if (image !== undefined) await push(image, `t${number}`, agent);
          pushes += 1;
        }
        agent?.destroy();
      };
      const destroyer = async (): Promise<void> => {
        while (!over.signal.aborted) {
          for (const image of images) await repository.delete(`manifests/${image.digest}`);
          await send(berth, 'POST', '/_gc?empty-trash=true', { timeoutMs: 60_000 });
        }
      };
      const destroying = destroyer();
      await Promise.all([0, 1, 2, 3].map(pusher)).finally(() => {
        over.abort();
      });
      await destroying;
      expect(pushes).toBe(160);

      await send(berth, 'DELETE', '/api/repositories?name=shared');
      await reclaim(berth);
      const left = await send(berth, 'GET', '/_gc?empty-trash=true');
      expect(json<{ stays: unknown[]; items: unknown[] }>(left)).toMatchObject({ stays: [], items: [] });
      expect(diskUsage(berth)).toBeLessThan(100_000);
    },
  );
});

describeWith(['skopeo'], 'reclaim of what skopeo pushed', () => {
  const workspace = createWorkspace('reclaim');
  const base = randomLayer(1024 * 1024);
  const first = imageOf({ layers: [base, randomLayer(1024 * 1024)] });
  const second = imageOf({ layers: [base, randomLayer(64 * 1024)] });
  const layout = writeLayout(workspace.folder('layout'), { first, second, all: multiPlatformImage() });
  let berth: Berth;

  beforeAll(async () => {
    berth = await startBerth();
    const env = containersEnv(workspace, [berth.host]);
    for (const tag of ['first', 'second', 'all']) {
      const flags = ['--all', '--preserve-digests', '--dest-tls-verify=false'];
      const names = [`oci:${layout}:${tag}`, `docker://${berth.host}/app:${tag}`];
      await run('skopeo', ['--insecure-policy', 'copy', ...flags, ...names], { env });
    }
  });
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  it('frees what du says it frees, and leaves what another image needs', async () => {
    const repository = new Repository(berth, 'app');
    await repository.delete(`manifests/${first.digest}`);
    const before = diskUsage(berth);
    const { reclaimedBytes, deletedLayers } = await reclaim(berth);
    expect(deletedLayers).toBe(1);
    expect(reclaimedBytes).toBeGreaterThan(1024 * 1024);
    expect(before - diskUsage(berth)).toBe(reclaimedBytes);
    await repository.expectWhole('second', second);
  });

  it('frees everything with the last repository, over a restart in between', async () => {
    await send(berth, 'DELETE', '/api/repositories?name=app');
    await berth.kill();
    await berth.restart();
    await reclaim(berth);
    expect((await reclaim(berth)).deletedBlobs).toBe(0);
    expect(diskUsage(berth)).toBeLessThan(100_000);
  });
});
