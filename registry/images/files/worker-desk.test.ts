import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../test/domain/layers.ts';
import { tarBytes } from '../../../test/domain/tar.ts';
import type { LayerSource } from './protocol.ts';
import { WorkerDesk } from './worker-desk.ts';

describe('WorkerDesk', () => {
  let folder: string;
  let desk: WorkerDesk;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-desk-'));
    mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  });
  afterEach(async () => {
    await desk.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (heapMegabytes?: number): WorkerDesk => {
    const settings = {
      blobs: join(folder, 'blobs'),
      cache: join(folder, 'cache/files'),
      cacheLimit: 1 << 20,
    };
    desk = new WorkerDesk(
      settings,
      heapMegabytes === undefined ? {} : { maxOldGenerationSizeMb: heapMegabytes },
    );
    return desk;
  };
  const layer = (bytes: Buffer): LayerSource => {
    const digest = digestOf(bytes);
    writeFileSync(join(folder, 'blobs/sha256', digest.slice(7)), bytes);
    return { digest, size: bytes.length, problem: null };
  };
  const files = (count: number): Buffer =>
    tarBytes(
      Array.from({ length: count }, (_, index) => ({ path: `folder-${index}/and/another/file-${index}` })),
    );

  it('outlives a thread that has run out of memory, and starts another one', async () => {
    const large = layer(files(60_000));
    await expect(open(12).ask({ kind: 'read', layers: [large] })).rejects.toThrow(
      'more files than there is memory for',
    );
    const small = layer(files(3));
    expect(await desk.ask({ kind: 'read', layers: [small] })).toMatchObject([{ added: 12 }]);
  }, 60_000);

  it('stops reading when it is told to, and goes on with others', async () => {
    const large = layer(files(60_000));
    const stop = new AbortController();
    const reading = open().ask(
      { kind: 'read', layers: [large] },
      { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) },
    );
    await expect(reading).rejects.toMatchObject({ code: 'REQUEST_ABORTED' });
    expect(await desk.ask({ kind: 'is cached', layers: [large] })).toBe(false);
  });

  it('sends no more parts than there is room for', async () => {
    const large = layer(files(5000));
    await open().ask({ kind: 'read', layers: [large] });
    let parts = 0;
    const takes: (() => void)[] = [];
    const gone = new AbortController();
    const walk = desk.ask(
      { kind: 'walk', layers: [large], layer: 0, view: 'merged', path: '/' },
      {
        signal: gone.signal,
        onPart: (_, taken) => {
          parts += 1;
          takes.push(taken);
        },
      },
    );
    // Its answer comes behind all that was sent before it.
    await desk.ask({ kind: 'is cached', layers: [large] });
    await desk.ask({ kind: 'is cached', layers: [large] });
    expect(parts).toBe(4);
    takes[0]?.();
    await desk.ask({ kind: 'is cached', layers: [large] });
    expect(parts).toBe(5);
    gone.abort();
    await expect(walk).rejects.toThrow();
  });
});
