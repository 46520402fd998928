import { randomBytes } from 'node:crypto';
import { rm, truncate, writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf, fileOf, layerBytes, sourceOf, TestStore, type Pushed } from '../../test/domain/store.ts';
import { statBlob } from '../images/blobs.ts';
import { readManifest } from '../images/manifests.ts';
import { setTag } from '../images/tags.ts';
import { deleteManifest, deleteRepository } from './deletion.ts';
import { planReclaim, reclaim, type ReclaimReport } from './reclaim.ts';
import { restore, undo } from './undo.ts';

const ACTOR = { client: 'test' };
const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const RULES = { emptyTrash: false, undoMs: WEEK_MS, graceMs: HOUR_MS };

let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await test.close();
});

async function run(emptyTrash = false, now = Date.now()): Promise<ReclaimReport> {
  return await reclaim(test.store, await planReclaim(test.store, { ...RULES, emptyTrash }, now));
}

/** From then on the client may list the manifest in an index. */
async function statManifest({ digest }: Pushed): Promise<void> {
  await readManifest(test.store, 'app', digest, test.caller, 'existence');
}

const inAWeek = (): number => Date.now() + WEEK_MS + HOUR_MS;

describe('reclaim', () => {
  it('frees nothing that a tag leads to', async () => {
    await test.image('app', { tag: 'v1', layers: ['base', 'app'] });
    await test.index('app', 'multi', [await test.image('app'), await test.image('app')]);
    const files = await test.files();
    expect(await run(true, inAWeek())).toMatchObject({ deletedBlobs: 0, stays: [], problems: [] });
    expect(await test.files()).toEqual(files);
  });

  it('frees what was deleted when the undo window is over, and not before', async () => {
    await test.image('app', { tag: 'v1', layers: ['base', 'app'] });
    await deleteRepository(test.store, 'app', ACTOR);
    expect(await run()).toMatchObject({ deletedBlobs: 0 });
    expect((await test.files()).length).toBe(4);
    expect(await run(false, inAWeek())).toMatchObject({
      deletedLayers: 2,
      deletedConfigs: 1,
      deletedManifests: 1,
      deletedBlobs: 4,
    });
    expect(await test.files()).toEqual([]);
  });

  it('frees it at once when the trash is emptied, and reports what the disk says', async () => {
    await test.image('app', { tag: 'v1', layers: ['base', 'app'] });
    await deleteRepository(test.store, 'app', ACTOR);
    const { trashBytes, stays } = await planReclaim(test.store, RULES);
    expect(trashBytes).toBeGreaterThan(2000);
    const files = { manifest: 1, config: 1, layer: 2, blob: 0 };
    expect(stays).toEqual([{ reason: 'deleted', count: 4, bytes: trashBytes, files }]);
    const report = await run(true);
    // Files take whole blocks.
    expect(report.reclaimedBytes).toBe(4 * 4096);
    expect(await test.files()).toEqual([]);
  });

  it('empties the trash while clients ask for what was put back out of it', async () => {
    const image = await test.image('app', { tag: 'v1', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    await restore(test.store, { repository: 'app', tag: 'v1', at: image.digest }, ACTOR);
    await statBlob(test.store, 'app', digestOf(layerBytes('base')), test.caller);
    expect(await run(true)).toMatchObject({ deletedBlobs: 0, stays: [], trashBytes: 0 });
    expect([...test.store.ledger.catalog.trash.repositories]).toEqual([]);
  });

  it('says of each reason what only it keeps on the disk', async () => {
    await test.image('deleted', { tag: 'v1', layers: ['base', 'deleted'] });
    await deleteRepository(test.store, 'deleted', ACTOR);
    const left = await test.image('app', { tag: 'v1', layers: ['base', 'untagged'], config: 'untagged' });
    await test.image('app', { tag: 'v1' });
    await test.blob('app', randomBytes(100));
    const { stays } = await planReclaim(test.store, RULES);
    const bytes = Object.fromEntries(stays.map((each) => [each.reason, each.bytes]));
    // The layer that both have goes with neither.
    expect(bytes).toMatchObject({ 'in use': 100 });
    expect(bytes['untagged']).toBe(1000 + left.size + JSON.stringify({ config: 'untagged' }).length);
    expect(bytes['deleted']).toBeGreaterThan(1000);
    expect(bytes['deleted']).toBeLessThan(2000);
  });

  it('counts as layers only what a manifest had as a layer', async () => {
    await test.blob('app', randomBytes(100));
    const { digest } = await test.image('app', { tag: 'v1', layers: ['app'] });
    await deleteManifest(test.store, 'app', digest, ACTOR);
    const orphan = randomBytes(100);
    await test.store.blobs.put(digestOf(orphan), orphan);
    test = await test.reopen();
    expect(await run(true, Date.now() + 2 * HOUR_MS)).toMatchObject({
      deletedLayers: 1,
      deletedManifests: 1,
      deletedBlobs: 5,
    });
  });

  it('keeps a layer that another repository uses', async () => {
    await test.image('app', { tag: 'v1', layers: ['base', 'app'] });
    await test.image('other', { tag: 'v1', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    await run(true);
    const files = await test.files();
    expect(files).toContain(fileOf(digestOf(layerBytes('base'))));
    expect(files).not.toContain(fileOf(digestOf(layerBytes('app'))));
  });

  it('frees a platform that several indexes list which lost their tags', async () => {
    const shared = await test.image('app', { layers: ['shared'] });
    await test.index('app', 'latest', [shared, await test.image('app', { layers: ['first'] })]);
    await test.index('app', 'latest', [shared, await test.image('app', { layers: ['second'] })]);
    await test.image('app', { tag: 'latest' });
    expect(await run(false, inAWeek())).toMatchObject({ deletedManifests: 5, deletedLayers: 3 });
    expect((await test.files()).length).toBe(2);
  });

  it.each([
    ['by itself', undefined],
    ['by a pattern', { repositories: '**', protect: ['*.sig'] }],
  ])('keeps what a tag attaches that is protected %s', async (_, rule) => {
    const image = await test.image('app', { tag: 'v1' });
    const attached = `${image.digest.replace(':', '-')}.sig`;
    const signature = await test.image('app', { tag: attached });
    if (rule !== undefined) await test.store.settings.change({ retention: [rule] });
    else await setTag(test.store, 'app', attached, { protected: true }, ACTOR);
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    await run(true);
    expect(test.has('app', image)).toBe(false);
    expect(test.has('app', signature)).toBe(true);
    expect(test.tags('app')).toEqual([attached]);
  });

  it('frees a platform in the end that was in use when its index went', async () => {
    const platform = await test.image('app', { layers: ['base'] });
    const index = await test.index('app', 'v1', [platform]);
    await statManifest(platform);
    await deleteManifest(test.store, 'app', index.digest, ACTOR);
    expect(test.has('app', platform)).toBe(true);
    test.store.leases.revoke('app', platform.digest);
    expect(await run()).toMatchObject({ deletedBlobs: 0 });
    await run(false, inAWeek());
    expect(await test.files()).toEqual([]);
  });

  it('frees what a tag pointed at before, with its platforms and referrers', async () => {
    const old = await test.index('app', 'latest', [await test.image('app'), await test.image('app')]);
    await test.image('app', { subject: old });
    const current = await test.image('app', { tag: 'latest' });
    expect(await run()).toMatchObject({ deletedBlobs: 0 });
    expect(await run(false, inAWeek())).toMatchObject({ deletedManifests: 4 });
    expect(await test.files()).toHaveLength(2);
    expect(test.has('app', current)).toBe(true);
  });

  it('forgets the timeline of a tag when nothing of it can be restored any more', async () => {
    await test.image('app', { tag: 'v1' });
    await test.image('app', { tag: 'v2' });
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    const { history } = test.store.ledger.catalog;
    await run(true);
    expect(history.timeline('app', 'v1')).toHaveLength(2);
    await run(false, inAWeek());
    expect(history.timeline('app', 'v1')).toEqual([]);
    expect(history.timeline('app', 'v2')).toHaveLength(1);
  });

  it('keeps an overwritten image that somebody pulled by its digest since', async () => {
    const old = await test.image('app', { tag: 'latest' });
    await test.image('app', { tag: 'latest' });
    const later = Date.now() + WEEK_MS - HOUR_MS;
    const pulls = [['app', old.digest, later] as const];
    await test.store.ledger.commit({}, { op: 'observed', cacheHits: 0, cacheMisses: 0, pulls });
    expect(await run(false, inAWeek())).toMatchObject({ deletedBlobs: 0 });
  });

  it('keeps what never had a tag', async () => {
    const image = await test.image('app');
    await run(true, inAWeek());
    expect(test.has('app', image)).toBe(true);
  });

  it('keeps a blob that no manifest names yet for an hour, also over a restart', async () => {
    await test.blob('app', randomBytes(100));
    test = await test.reopen();
    expect(await run(true)).toMatchObject({ deletedBlobs: 0, stays: [{ reason: 'unused', count: 1 }] });
    expect(await run(false, Date.now() + 2 * HOUR_MS)).toMatchObject({ deletedBlobs: 1 });
  });

  it('frees a file between which and its record a crash came', async () => {
    await test.image('app', { tag: 'v1' });
    const bytes = randomBytes(100);
    await test.store.blobs.put(digestOf(bytes), bytes);
    expect(await run()).toMatchObject({ deletedBlobs: 1 });
    expect(await test.files()).toHaveLength(2);
  });

  it('keeps what was put back between the plan and the deed', async () => {
    await test.image('app', { tag: 'v1', layers: ['base'] });
    await deleteRepository(test.store, 'app', ACTOR);
    const plan = await planReclaim(test.store, { ...RULES, emptyTrash: true });
    await undo(test.store, undefined, ACTOR);
    await reclaim(test.store, plan);
    expect(test.tags('app')).toEqual(['v1']);
    expect(await test.files()).toHaveLength(3);
  });

  it('keeps what was pushed again between the plan and the deed', async () => {
    await test.image('app', { tag: 'v1', layers: ['base'], config: 'same' });
    await test.image('app', { tag: 'v1', layers: ['other'] });
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    const plan = await planReclaim(test.store, { ...RULES, emptyTrash: true });
    await test.image('app', { tag: 'v2', layers: ['base'], config: 'same' });
    await reclaim(test.store, plan);
    expect(test.tags('app')).toEqual(['v2']);
    expect(await test.files()).toHaveLength(3);
  });

  it('can be stopped, and what was done until then is whole', async () => {
    for (const tag of ['v1', 'v2', 'v3']) await test.image('app', { tag, layers: [tag] });
    await deleteRepository(test.store, 'app', ACTOR);
    const stop = new AbortController();
    const plan = await planReclaim(test.store, { ...RULES, emptyTrash: true });
    const stopped = reclaim(test.store, plan, () => stop.abort(), stop.signal);
    await expect(stopped).rejects.toThrow(/abort/);
    await run(true);
    expect(await test.files()).toEqual([]);
  });

  it('names a manifest that is missing or damaged, and keeps what it leads to', async () => {
    const missing = await test.image('app', { tag: 'v1', layers: ['one'] });
    const short = await test.image('app', { tag: 'v2', layers: ['two'] });
    const path = (digest: `sha256:${string}`) => join(test.folder, 'blobs/sha256', fileOf(digest));
    await rm(path(missing.digest as `sha256:${string}`));
    await chmod(path(short.digest as `sha256:${string}`), 0o644);
    await truncate(path(short.digest as `sha256:${string}`), 5);
    const { problems, deletedBlobs } = await run(true, inAWeek());
    expect(deletedBlobs).toBe(0);
    expect(problems).toHaveLength(2);
    expect(problems.join(' ')).toMatch(/missing on the disk.*damaged on the disk/);
  });

  it('counts abandoned uploads with what it frees, and says of others how long they are held', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await (await test.store.uploads.start('app', 'sha256')).append(sourceOf(randomBytes(5000)));
    const { uploads, ...report } = await run();
    expect(report).toMatchObject({ reclaimedBytes: 0, expiredUploads: 0 });
    expect(uploads.count).toBe(1);
    expect(Math.round((Date.parse(uploads.until ?? '') - Date.now()) / HOUR_MS)).toBe(1);
    vi.setSystemTime(Date.now() + 2 * HOUR_MS);
    const plan = await planReclaim(test.store, RULES);
    expect(plan.bytes).toBeGreaterThanOrEqual(5000);
    expect(await reclaim(test.store, plan)).toMatchObject({
      reclaimedBytes: plan.bytes,
      deletedBlobs: 0,
      expiredUploads: 1,
    });
  });

  it('sweeps no file that it cannot explain while a manifest is unreadable', async () => {
    const digest = digestOf(randomBytes(10));
    const manifest = { digest, size: 10, mediaType: 'x', unreadable: true } as const;
    await test.store.ledger.commit(ACTOR, { op: 'manifest.put', repository: 'app', manifest });
    await test.image('other', { tag: 'v1' });
    await deleteRepository(test.store, 'other', ACTOR);
    const orphan = randomBytes(100);
    await writeFile(join(test.folder, 'blobs/sha256', fileOf(digestOf(orphan))), orphan);
    const { problems } = await run(true);
    expect(problems).toEqual([expect.stringContaining(`app@${digest} cannot be read`)]);
    expect(await test.files()).toEqual([fileOf(digestOf(orphan))]);
  });

  it('understands build caches, foreign layers, absent subjects and nested indexes', async () => {
    const nested = await test.index('app', undefined, [await test.image('app', { layers: ['deep'] })]);
    await test.index('app', 'nested', [nested]);
    await test.image('app', { subject: { mediaType: 'x', digest: digestOf(randomBytes(3)), size: 3 } });
    const cached = await test.blob('app', layerBytes('cached'));
    await test.index('app', 'cache', [
      { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: cached, size: 1000 },
    ]);
    const files = await test.files();
    await run(true, inAWeek());
    expect(await test.files()).toEqual(files);
  });

  it('keeps layers that came after the deleted manifest that names them, until that cannot be put back', async () => {
    const bytes = layerBytes('late');
    const layer = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      size: bytes.length,
    };
    const cache = await test.index('app', undefined, [{ ...layer, digest: digestOf(bytes) }]);
    await test.image('app', { tag: 'v1' });
    const late = await test.blob('app', bytes);
    await deleteManifest(test.store, 'app', cache.digest, ACTOR);
    test.store.leases.revoke('app', late);
    await run(false, Date.now() + 2 * HOUR_MS);
    expect(await test.files()).toContain(fileOf(late));
    await run(false, inAWeek());
    expect(await test.files()).not.toContain(fileOf(late));
  });
});
