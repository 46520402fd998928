import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { del, get, patch, put } from './http.ts';
import { content, imageOf, LAYER, randomLayer, writeLayout, type Content } from './image.ts';
import { captured, present } from './present.ts';
import { startProxy } from './proxy.ts';
import { expectError, Repository, withQuery } from './repository.ts';
import { attempt, run } from './run.ts';
import { describeWith } from './tools.ts';
import { until } from './until.ts';
import { createWorkspace } from './workspace.ts';

const MIB = 1024 * 1024;

describe('an upload that is cut', () => {
  let berth: Berth;
  let repository: Repository;
  beforeAll(async () => {
    berth = await startBerth();
    repository = new Repository(berth, 'cut');
  });
  afterAll(() => berth.dispose());

  it('goes on where it was when the client comes back', async () => {
    const blob = content(LAYER, randomBytes(8 * MIB));
    const location = await repository.openUpload();
    await sendAndCut(berth, location, blob, 5 * MIB);
    await until('what had arrived is there', async () => (await received(berth, location)) === 5 * MIB);
    await finish(berth, repository, location, blob);
  });

  it('goes on where it was after the server was killed and started again', async () => {
    const blob = content(LAYER, randomBytes(8 * MIB));
    const location = await repository.openUpload();
    await sendAndCut(berth, location, blob, 5 * MIB);
    const before = await received(berth, location);
    await berth.kill();
    await berth.restart();
    // What lay in memory when the server died may be gone, but the session is not.
    expect(await received(berth, location)).toBeLessThanOrEqual(before);
    await finish(berth, repository, location, blob);
  });

  it('goes on where it was after the server was stopped and started again', async () => {
    const blob = content(LAYER, randomBytes(2 * MIB));
    const location = await repository.openUpload();
    await patch(berth, location, { body: blob.bytes.subarray(0, MIB) });
    expect(await berth.stop()).toBe(0);
    await berth.restart();
    expect(await received(berth, location)).toBe(MIB);
    await finish(berth, repository, location, blob);
  });

  it('may be sent again whole when it was a PUT that was cut, as Go clients repeat it', async () => {
    const blob = content(LAYER, randomBytes(8 * MIB));
    const location = await repository.openUpload();
    const path = withQuery(location, `digest=${blob.digest}`);
    await sendAndCut(berth, path, blob, 5 * MIB, 'PUT');
    const answer = await until('the cut request is over', async () => {
      const again = await put(berth, path, { body: blob.bytes });
      return again.status < 500 ? again : undefined;
    });
    expect(answer.status, `${answer.body}`).toBe(201);
    expect((await repository.getBlob(blob.digest)).body.equals(blob.bytes)).toBe(true);
  });

  it('may be sent again in chunks when it was a PUT of other bytes, as regctl falls back', async () => {
    const blob = content(LAYER, randomBytes(2 * MIB));
    const location = await repository.openUpload();
    const wrong = await put(berth, withQuery(location, `digest=${blob.digest}`), { body: randomBytes(MIB) });
    expectError(wrong, 400, 'DIGEST_INVALID');
    const headers = { 'content-range': `0-${blob.size - 1}` };
    const chunk = await patch(berth, location, { headers, body: blob.bytes });
    expect(chunk.status).toBe(202);
    expect((await put(berth, withQuery(location, `digest=${blob.digest}`))).status).toBe(201);
  });

  it('is not visible, and leaves no file once it is cancelled', async () => {
    const files = berth.uploadFiles();
    const blob = content(LAYER, randomBytes(2 * MIB));
    const location = await repository.openUpload();
    await sendAndCut(berth, location, blob, MIB);
    expectError(await repository.getBlob(blob.digest), 404, 'BLOB_UNKNOWN');
    expect((await del(berth, location)).status).toBe(204);
    await until('the upload is off the disk', () => berth.uploadFiles().length === files.length);
  });
});

describeWith(['skopeo'], 'a skopeo that is killed', () => {
  const workspace = createWorkspace('killed');
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
  });
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  it('leaves nothing visible, and the next one pushes the image whole', async () => {
    const image = imageOf({ layers: [randomLayer(16 * MIB)] });
    const layout = writeLayout(workspace.folder('layout'), { v1: image });
    const slow = await startProxy(berth, { uploadRate: 16 * MIB });
    const env = containersEnv(workspace, [berth.host, slow.host]);
    const copy = [
      '--insecure-policy',
      'copy',
      '--preserve-digests',
      '--dest-tls-verify=false',
      `oci:${layout}:v1`,
    ];
    try {
      const output = await attempt('skopeo', [...copy, `docker://${slow.host}/killed:v1`], {
        env,
        started: (skopeo) => {
          void until('half of the layer went through', () => slow.uploaded > 8 * MIB).then(() =>
            skopeo.kill('SIGKILL'),
          );
        },
      });
      expect(output.signal).toBe('SIGKILL');
      const repository = new Repository(berth, 'killed');
      expectError(await repository.getManifest('v1'), 404);
      await run('skopeo', [...copy, `docker://${berth.host}/killed:v1`], { env });
      await repository.expectWhole('v1', image);
    } finally {
      await slow.stop();
    }
  });

  it('pushes the image whole after the server was killed under it', async () => {
    const image = imageOf({ layers: [randomLayer(16 * MIB), randomLayer()] });
    const layout = writeLayout(workspace.folder('layout-2'), { v1: image });
    const slow = await startProxy(berth, { uploadRate: 16 * MIB });
    const env = containersEnv(workspace, [berth.host, slow.host]);
    const copy = [
      '--insecure-policy',
      'copy',
      '--preserve-digests',
      '--dest-tls-verify=false',
      `oci:${layout}:v1`,
    ];
    try {
      const pushing = attempt('skopeo', [...copy, `docker://${slow.host}/server:v1`], { env });
      await until('half of the layer went through', () => slow.uploaded > 8 * MIB);
      await berth.kill();
      expect((await pushing).code).not.toBe(0);
      await berth.restart();
      await run('skopeo', [...copy, `docker://${berth.host}/server:v1`], { env });
      await new Repository(berth, 'server').expectWhole('v1', image);
    } finally {
      await slow.stop();
    }
  });
});

/** Sends the first bytes of a request that announced the whole blob, then cuts the connection. */
async function sendAndCut(
  berth: Berth,
  path: string,
  blob: Content,
  bytes: number,
  method: 'PATCH' | 'PUT' = 'PATCH',
): Promise<void> {
  await berth.forgetRequests();
  const request = httpRequest(`${berth.url}${path}`, {
    method,
    headers: { 'content-length': blob.size, 'content-type': 'application/octet-stream' },
  });
  request.on('error', () => undefined); // it is cut on purpose
  await new Promise<unknown>((flushed) => request.write(blob.bytes.subarray(0, bytes), flushed));
  request.destroy();
  await until('the server is done with it', async () =>
    (await berth.requests()).some((logged) => logged.method === method),
  );
}

/** How many bytes of an upload the server has, by the Range of its status. */
async function received(berth: Berth, location: string): Promise<number> {
  const answer = await get(berth, location);
  expect(answer.status).toBe(204);
  const last = Number(captured(/^0-(\d+)$/, answer.headers.range));
  return last === 0 ? 0 : last + 1;
}

async function finish(berth: Berth, repository: Repository, location: string, blob: Content): Promise<void> {
  // A request that was cut may hold its session for a moment longer: then the status says where to go on.
  await until('the rest is taken', async () => {
    const from = await received(berth, location);
    const rest = blob.bytes.subarray(from);
    const headers = { 'content-range': `${from}-${blob.size - 1}` };
    const answer = await patch(berth, location, { headers, body: rest });
    if (answer.status !== 202) return false;
    location = present(answer.headers.location);
    return true;
  });
  const answer = await put(berth, withQuery(location, `digest=${blob.digest}`));
  expect(answer.status, `${answer.body}`).toBe(201);
  expect((await repository.getBlob(blob.digest)).body.equals(blob.bytes)).toBe(true);
}
