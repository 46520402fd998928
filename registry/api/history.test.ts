import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactOf, imageOf, multiPlatformImage } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import type { ChangeSummary, RestorePlan } from './contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

const to = (digest: string) => ({ repository: 'app', tag: 'v1', digest });
const plan = (digest: string): Promise<RestorePlan> => berth.call('POST', '/api/restore/plan', to(digest));

describe('GET /api/changes', () => {
  const changes = async () => (await berth.get<{ changes: ChangeSummary[] }>('/api/changes')).changes;

  it('says of each change what is in the way of undoing it', async () => {
    const app = berth.repository('app');
    await app.push(imageOf(), 'v1');
    await app.push(imageOf(), 'v1');
    await app.push(imageOf(), 'v2');
    await app.delete('manifests/v2');
    expect((await changes()).map(({ refusal }) => refusal?.split('. ')[0])).toEqual([
      undefined,
      'app:v2 was changed again since',
      undefined,
      'app:v1 was changed again since',
    ]);
    await berth.call('PATCH', '/api/tags?repository=app&tag=v1', { protected: true });
    await berth.call('POST', '/_gc', { emptyTrash: true });
    const [protection, deletion, , second] = await changes();
    expect(protection?.refusal).toBeUndefined();
    expect(deletion?.refusal).toMatch(/was reclaimed/);
    expect(second?.refusal).toMatch(/app:v1 is protected/);
  });

  it('says it of a repository that went as a whole', async () => {
    const app = berth.repository('app');
    await app.push(imageOf(), 'v1');
    await berth.call('DELETE', '/api/repositories?name=app');
    expect((await changes())[0]?.refusal).toBeUndefined();
    await app.push(imageOf(), 'v1');
    expect((await changes())[1]?.refusal).toMatch(/app:v1 was changed again since/);
  });

  it('has no refusal for what was undone already', async () => {
    await berth.repository('app').push(imageOf(), 'v1');
    const [push] = await changes();
    await berth.call('POST', '/api/undo', { change: push?.change });
    const [, undone] = await changes();
    expect(undone).toMatchObject({ undoneBy: expect.any(Number) });
    expect(undone).not.toHaveProperty('refusal');
  });
});

describe('POST /api/restore/plan', () => {
  it('says where the tag points and will point, and that nothing leads to the image it leaves', async () => {
    const app = berth.repository('app');
    const [old, young] = [imageOf(), imageOf()];
    await app.push(old, 'v1');
    await app.push(young, 'v1');
    const planned = await plan(old.digest);
    const sizeOf = (image: typeof old) => image.size + image.blobs.reduce((sum, { size }) => sum + size, 0);
    expect(planned).toEqual({
      repository: 'app',
      tag: 'v1',
      from: { digest: young.digest, pushedAt: expect.any(String), size: sizeOf(young) },
      to: { digest: old.digest, pushedAt: expect.any(String), size: sizeOf(old) },
      untaggedUntil: expect.any(String),
      restored: 0,
      attached: [],
    });
    expect(Date.parse(planned.untaggedUntil ?? '') - Date.now()).toBeGreaterThan(6.9 * 24 * 3_600_000);
    expect(await app.tags()).toEqual(['v1']);
    await app.expectWhole('v1', young);
    await app.push(young, 'other');
    expect((await plan(old.digest)).untaggedUntil).toBe(null);
  });

  it('says what comes back from the trash, and the deed does the same', async () => {
    const app = berth.repository('app');
    const old = multiPlatformImage();
    const signature = `${old.digest.replace(':', '-')}.sig`;
    await app.push(old, 'v1');
    await app.push(artifactOf({ artifactType: 'application/x' }), signature);
    await app.delete(`manifests/${old.digest}`);
    const planned = await plan(old.digest);
    expect(planned).toMatchObject({ from: null, untaggedUntil: null, attached: [signature] });
    expect(planned.restored).toBe(5);
    await berth.call('POST', '/api/restore', to(old.digest));
    await app.expectWhole('v1', old);
    expect(await app.tags()).toEqual([signature, 'v1']);
  });

  it('refuses what the deed refuses', async () => {
    const app = berth.repository('app');
    const [old, young] = [imageOf(), imageOf()];
    await app.push(old, 'v1');
    await app.push(young, 'v1');
    const status = async (digest: string) =>
      (await berth.send('POST', '/api/restore/plan', to(digest))).status;
    expect(await status(young.digest)).toBe(409);
    expect(await status(imageOf().digest)).toBe(409);
    await berth.call('PATCH', '/api/tags?repository=app&tag=v1', { protected: true });
    expect(await status(old.digest)).toBe(403);
    expect((await berth.send('POST', '/api/restore/plan', { repository: 'app', tag: 'v1' })).status).toBe(
      400,
    );
  });
});
