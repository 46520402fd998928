import { mkdtemp, readFile, rm } from 'node:fs/promises';
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

  it('touches nothing once it is closed, also if it was writing and had more to write', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const writer = new LayoutWriter(folder, ledger, silentLog());
    vi.advanceTimersByTime(1000);
    await Promise.all([push('v1'), writer.close()]);
    await push('v2');
    expect(vi.getTimerCount()).toBe(0);
  });
});
