import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ledger } from '../catalog/ledger.ts';
import { silentLog } from '../log.ts';
import type { Digest } from '../reference.ts';
import { LayoutWriter } from './layout-writer.ts';
import { OCI_MANIFEST } from './media-types.ts';

let folder: string;
let ledger: Ledger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-layout-'));
  await mkdir(join(folder, 'blobs'));
  ledger = await Ledger.open(folder, silentLog());
});
afterEach(async () => {
  vi.useRealTimers();
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

async function push(tag: string): Promise<void> {
  const digest: Digest = `sha256:${'a'.repeat(64)}`;
  const manifest = { digest, size: 10, mediaType: OCI_MANIFEST };
  await ledger.commit(
    {},
    { op: 'manifest.put', repository: 'team/app', manifest },
    { op: 'tag.put', repository: 'team/app', tag, digest },
  );
}

async function references(): Promise<string[]> {
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as {
    manifests: { annotations: Record<string, string> }[];
  };
  return index.manifests.map(({ annotations }) => annotations['org.opencontainers.image.ref.name'] ?? '');
}

describe('LayoutWriter', () => {
  it('has every tag in index.json when it is closed', async () => {
    const writer = new LayoutWriter(folder, ledger, silentLog());
    await push('v1');
    await push('v2');
    await writer.close();
    expect(await references()).toEqual(['team/app:v1', 'team/app:v2']);
  });

  it('writes it later by itself when it could not be written, and says so once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const log = { ...silentLog(), warn: vi.fn() };
    const inTheWay = join(folder, '.index.json.new');
    await mkdir(inTheWay);
    const writer = new LayoutWriter(folder, ledger, log);
    await push('v1');
    await vi.waitFor(() => expect(log.warn).toHaveBeenCalledOnce(), { timeout: 20_000 });
    await vi.advanceTimersByTimeAsync(30_000);
    await rm(inTheWay, { recursive: true });
    await vi.waitFor(async () => expect(await references()).toEqual(['team/app:v1']), { timeout: 20_000 });
    expect(log.warn).toHaveBeenCalledOnce();
    await writer.close();
  });

  it('writes nothing to an empty folder in the place of the data folder', async () => {
    const writer = new LayoutWriter(folder, ledger, silentLog());
    await rm(join(folder, 'blobs'), { recursive: true });
    await writer.close();
    expect(await readdir(folder)).not.toContain('index.json');
  });

  it('touches nothing once it is closed, also if it was writing and had more to write', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const writer = new LayoutWriter(folder, ledger, silentLog());
    vi.advanceTimersByTime(1000);
    await Promise.all([push('v1'), writer.close()]);
    await push('v2');
    expect(vi.getTimerCount()).toBe(0);
  });
});
