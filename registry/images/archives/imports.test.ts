import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  archiveOf,
  layoutFiles,
  oldDockerFiles,
  plainLayer,
  type DockerImage,
} from '../../../test/domain/archive.ts';
import { ACTOR, APP, ImportStore } from '../../../test/domain/import.ts';
import { contentsOf, imageOf, layerOf } from '../../../test/clients/image.ts';
import { UploadStore } from '../../blobs/upload-store.ts';
import { setTag } from '../tags.ts';

let at: ImportStore;

beforeEach(async () => {
  at = await ImportStore.open();
});
afterEach(() => at.close());

const HOUR = 3_600_000;

describe('an archive', () => {
  const archive = (): Buffer => archiveOf(oldDockerFiles([APP]));

  it('may be compressed with gzip, in one piece or several', async () => {
    const bytes = archive();
    const half = bytes.length >> 1;
    const parts = [bytes.subarray(0, half), bytes.subarray(half)].map((part) => gzipSync(part));
    expect((await at.stage(Buffer.concat(parts))).images[0]?.layers).toBe(3);
  });

  it('may be compressed with zstd', async () => {
    const compressed = execFileSync('zstd', ['-q', '-c'], { input: archive(), maxBuffer: 1 << 26 });
    expect((await at.stage(compressed)).images[0]?.layers).toBe(3);
  });

  it('may be a folder of skopeo, packed', async () => {
    const image = imageOf();
    const files = contentsOf(image).map(({ digest, bytes }) => ({
      name: digest === image.digest ? 'manifest.json' : digest.slice(7),
      content: bytes,
    }));
    const staged = await at.stage(
      archiveOf([...files, { name: 'version', content: 'Directory Transport Version: 1.1\n' }]),
    );
    expect(staged).toMatchObject({ format: 'image folder', images: [{ digest: image.digest }] });
  });

  it('keeps what it shares with the registry from a reclaim while it waits', async () => {
    await at.bring(archive());
    const staged = await at.stage(archive());
    const { manifest } = await at.stored('app', 'v1');
    const shared = [manifest.digest, ...(manifest.layers ?? []).map(({ digest }) => digest)];
    const holds = (): string[] => shared.map((digest) => at.store.leases.find(digest));
    expect(new Set(holds())).toEqual(new Set(['held']));
    await at.imports.apply(staged.id, undefined, ACTOR);
    expect(new Set(holds())).toEqual(new Set(['free']));
  });

  it('changes nothing if one of its tags is protected', async () => {
    await at.test.image('lib', { tag: 'v2' });
    await setTag(at.store, 'lib', 'v2', { protected: true }, ACTOR);
    const { seq } = at.store.ledger.journal;
    const other: DockerImage = { names: ['lib:v2'], layers: [plainLayer('own')] };
    const staged = await at.stage(archiveOf(oldDockerFiles([APP, other])));
    await expect(at.imports.apply(staged.id, undefined, ACTOR)).rejects.toMatchObject({
      code: 'TAG_PROTECTED',
    });
    expect(at.store.ledger.journal.seq).toBe(seq);
    expect(at.test.tags('app')).toEqual([]);
    expect(at.imports.all).toHaveLength(1);
  });

  it('ends by itself when nobody asks for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      await at.stage(archive());
      vi.advanceTimersByTime(HOUR);
      expect(at.imports.all).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends with the process: the next start removes what a crash left', async () => {
    await at.stage(archive());
    expect(await at.uploads()).toHaveLength(1);
    const next = new UploadStore(at.folder, HOUR);
    await next.removeLeftovers();
    expect(await at.uploads()).toEqual([]);
  });

  it('is given up when that is wanted, and leaves nothing', async () => {
    const stop = new AbortController();
    const onProgress = (done: number): void => {
      if (done > 100_000) stop.abort(new Error('enough'));
    };
    const staging = at.stage(archive(), '', onProgress, stop.signal);
    await expect(staging).rejects.toThrow('enough');
    expect(await at.uploads()).toEqual([]);
  });

  it('reports bytes of the archive and then of its layers', async () => {
    const seen: number[][] = [];
    await at.stage(archive(), '', (done, total) => void seen.push([done, total]));
    const layers = APP.layers[0]?.length ?? 0;
    const total = archive().length + layers + (APP.layers[1]?.length ?? 0);
    expect(seen.at(-1)).toEqual([total, total]);
  });

  it('of random layers comes in as it is', async () => {
    const image = imageOf({ layers: [layerOf([{ name: 'random', content: randomBytes(300_000) }])] });
    await at.bring(
      archiveOf(layoutFiles([{ image, annotations: { 'io.containerd.image.name': 'app:v1' } }])),
    );
    await at.expectHolds('app', 'v1', image);
  });
});
