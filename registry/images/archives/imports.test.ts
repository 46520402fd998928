import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  archiveOf,
  configOf,
  layoutFiles,
  oldDockerFiles,
  plainLayer,
  sha256,
  type DockerImage,
} from '../../../test/domain/archive.ts';
import { ACTOR, APP, ImportStore } from '../../../test/domain/import.ts';
import { digestOf } from '../../../test/domain/store.ts';
import { contentsOf, imageOf, layerOf, randomLayer } from '../../../test/clients/image.ts';
import { diskBytes } from '../../blobs/budget.ts';
import type { ByteSource } from '../../blobs/receive.ts';
import { UploadStore } from '../../blobs/upload-store.ts';
import { setTag } from '../tags.ts';
import { tarHeader } from '../tar/tar-writer.ts';

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
    await at.apply(staged.id);
    expect(new Set(holds())).toEqual(new Set(['free']));
  });

  it('changes nothing if one of its tags is protected', async () => {
    await at.test.image('lib', { tag: 'v2' });
    await setTag(at.store, 'lib', 'v2', { protected: true }, ACTOR);
    const { seq } = at.store.ledger.journal;
    const other: DockerImage = { names: ['lib:v2'], layers: [plainLayer('own')] };
    const staged = await at.stage(archiveOf(oldDockerFiles([APP, other])));
    await expect(at.apply(staged.id)).rejects.toMatchObject({
      code: 'TAG_PROTECTED',
    });
    expect(at.store.ledger.journal.seq).toBe(seq);
    expect(at.test.tags('app')).toEqual([]);
    expect(at.imports.all).toHaveLength(1);
  });

  it('changes nothing if one of its tags gets protected in the last moment', async () => {
    const { digest } = await at.test.image('app', { tag: 'v1' });
    const staged = await at.stage(archive());
    const protects: Promise<unknown>[] = [];
    const onProgress = (done: number, total: number): void => {
      if (done === total) protects.push(setTag(at.store, 'app', 'v1', { protected: true }, ACTOR));
    };
    await expect(at.apply(staged.id, undefined, { onProgress })).rejects.toMatchObject({
      code: 'TAG_PROTECTED',
    });
    await Promise.all(protects);
    expect(at.store.ledger.catalog.findRepository('app')?.tags.get('v1')?.digest).toBe(digest);
  });

  it('changes nothing if a rule begins to protect one of its tags when all is worked out', async () => {
    const { digest } = await at.test.image('app', { tag: 'v1' });
    const staged = await at.stage(archive());
    const { ledger, settings } = at.store;
    const decide = ledger.decide.bind(ledger);
    vi.spyOn(ledger, 'decide').mockImplementationOnce(async (...all) => {
      await settings.change({ retention: [{ repositories: 'app', protect: ['v*'] }] });
      return await decide(...all);
    });
    await expect(at.apply(staged.id)).rejects.toMatchObject({ code: 'TAG_PROTECTED' });
    expect(ledger.catalog.findRepository('app')?.tags.get('v1')?.digest).toBe(digest);
    expect(at.test.tags('team/app')).toEqual([]);
    expect(at.imports.all).toHaveLength(1);
  });

  it('waits on when nothing of it was named', async () => {
    const { id } = await at.stage(archive());
    await expect(at.apply(id, [])).rejects.toThrow('Say which images');
    expect(at.imports.all).toHaveLength(1);
  });

  it('gets a name once, however often it was named so', async () => {
    const { id, images } = await at.stage(archive());
    const target = { repository: 'app', tag: 'v2' };
    const wishes = images.map(({ digest }) => ({ digest, targets: [target, target] }));
    expect((await at.apply(id, wishes)).images.map(({ reference }) => reference)).toEqual(['app:v2']);
  });

  it('keeps only what it needs while it waits', async () => {
    const added = [{ name: 'movie', content: randomBytes(200_000) }];
    const layer = gzipSync(randomFile(100_000));
    const image = { names: ['app:v1'], layers: [layer], diffIds: [sha256(gunzipSync(layer))] };
    const { id } = await at.stage(archiveOf([...added, ...oldDockerFiles([image])]));
    expect(await filesOf(id)).toEqual([layer.length]);
  });

  it('shares the memory for small files with others that wait', async () => {
    const many = (): Buffer => {
      const layers = Array.from({ length: 400 }, () => randomLayer(60_000));
      return archiveOf(layoutFiles([{ image: imageOf({ layers }) }]));
    };
    expect(await filesOf((await at.stage(many())).id)).toEqual([]);
    const { id } = await at.stage(many());
    expect((await filesOf(id)).length).toBeGreaterThan(200);
    for (const each of at.imports.all) await at.imports.discard(each.id);
    expect(await filesOf((await at.stage(many())).id)).toEqual([]);
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

  it('is refused before it is read while a hundred others wait', async () => {
    const bytes = archive();
    const ids: string[] = [];
    for (let number = 0; number < 99; number += 1) ids.push((await at.stage(bytes)).id);
    const both = await Promise.allSettled([at.stage(bytes), at.stage(bytes)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { code: 'CONFLICT' } });
    expect(await at.uploads()).toHaveLength(100);
    await at.imports.discard(ids[0] ?? '');
    expect((await at.stage(bytes)).images).toHaveLength(1);
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

  it('may come in chunks that end where a file ends', async () => {
    const layer = plainLayer('base', 130_000);
    expect(layer.length % 512).toBe(0);
    const name = `${sha256(configOf({ names: null, layers: [layer] })).slice(7)}.json`;
    const files = archiveOf([
      { name, content: configOf({ names: null, layers: [layer] }) },
      {
        name: 'manifest.json',
        content: JSON.stringify([{ Config: name, RepoTags: ['app:v1'], Layers: ['a'] }]),
      },
    ]);
    const chunks = [tarHeader('a', layer.length), layer, files];
    const source: ByteSource = {
      async consume(onChunk) {
        // Each with memory of its own, as a socket gives them.
        for (const chunk of chunks) onChunk(Buffer.from(new Uint8Array(chunk).buffer));
      },
      pause: () => undefined,
      resume: () => undefined,
    };
    const { signal } = new AbortController();
    const staged = await at.imports.stage(source, { name: 'a.tar', signal, onProgress: () => undefined });
    await at.apply(staged.id);
    expect(at.test.tags('app')).toEqual(['v1']);
  });

  it('says how many of its names are done, and can be stopped before the last', async () => {
    const other: DockerImage = { names: ['lib:v1'], layers: [plainLayer('own', 100_000)] };
    const staged = await at.stage(archiveOf(oldDockerFiles([APP, other])));
    const seen: number[][] = [];
    const stop = new AbortController();
    const stopped = at.apply(staged.id, undefined, {
      signal: stop.signal,
      onProgress(done, total) {
        seen.push([done, total]);
        if (done === 2) stop.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(seen).toEqual([0, 1, 2].map((done) => [done, 3]));
    expect(at.store.ledger.journal.seq).toBe(0);
    expect(at.imports.all).toHaveLength(1);
    await at.apply(staged.id, undefined, { onProgress: (...each) => void seen.push(each) });
    expect(seen.at(-1)).toEqual([3, 3]);
    expect(at.test.tags('lib')).toEqual(['v1']);
  });

  it('ends when its time runs out while it is refused', async () => {
    await at.test.image('app', { tag: 'v1' });
    await setTag(at.store, 'app', 'v1', { protected: true }, ACTOR);
    vi.useFakeTimers({ toFake: ['setTimeout', 'Date'] });
    try {
      const staged = await at.stage(archive());
      const applying = at.apply(staged.id);
      vi.advanceTimersByTime(HOUR);
      await expect(applying).rejects.toMatchObject({ code: 'TAG_PROTECTED' });
      expect(at.imports.all).toEqual([]);
      expect(await at.uploads()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the budget', () => {
  it('counts what imports leave on the disk, however they end', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 15; round += 1) {
      const layers = Array.from({ length: 1 + randomInt(3) }, (_, index) =>
        randomInt(3) === 0 ? plainLayer(`shared ${index}`, 200_000) : randomFile(randomInt(3_000_000)),
      );
      const image: DockerImage = { names: [`app:v${round}`], layers };
      const isDamaged = randomInt(4) === 0;
      const archive = archiveOf(
        oldDockerFiles([
          isDamaged ? { ...image, diffIds: layers.map(() => digestOf(Buffer.alloc(1))) } : image,
        ]),
      );
      const bytes = randomInt(5) === 0 ? archive.subarray(0, randomInt(archive.length)) : archive;
      const staged = await at.stage(bytes).catch(() => undefined);
      if (staged !== undefined && randomInt(3) === 0) await at.imports.discard(staged.id);
      else if (staged !== undefined) await at.apply(staged.id);
      expect(at.store.budget.taken, `after round ${round}`).toBe(await bytesOnDisk());
    }
  });

  it('counts a layer that grows when it is compressed', async () => {
    // It fills whole blocks of the disk, and what is added needs another.
    const layer = Buffer.concat([Buffer.from('no magic'), randomBytes((8 << 20) - 8)]);
    await at.bring(archiveOf(oldDockerFiles([{ names: ['app:v1'], layers: [layer] }])));
    const { manifest } = await at.stored('app', 'v1');
    expect(manifest.layers?.[0]?.size).toBeGreaterThan(layer.length);
    expect(at.store.budget.taken).toBe(await bytesOnDisk());
  });
});

function randomFile(size: number): Buffer {
  return archiveOf([{ name: 'random', content: randomBytes(size) }]);
}

/** Sizes of what an import has on the disk. */
async function filesOf(id: string): Promise<number[]> {
  const folder = join(at.folder, 'uploads', `${id}.import`);
  const names = await readdir(folder);
  return await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
}

/** Of content; nothing else may be there. */
async function bytesOnDisk(): Promise<number> {
  expect(await at.uploads()).toEqual([]);
  let bytes = 0;
  for (const name of await at.test.files()) {
    bytes += diskBytes((await stat(join(at.folder, 'blobs/sha256', name))).size);
  }
  return bytes;
}
