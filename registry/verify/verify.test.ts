import { copyFile, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { BlobStore } from '../blobs/blob-store.ts';
import type { Ledger } from '../catalog/ledger.ts';
import type { Store } from '../images/store.ts';
import type { Digest } from '../reference.ts';
import { FilledFolder, flipBit, scratch } from '../../test/filled-folder.ts';
import { Verifier } from './verify.ts';

let folder: FilledFolder;
let ledger: Ledger;
let blobs: BlobStore;
let verifier: Verifier;

async function open(): Promise<void> {
  ledger = await folder.start();
  blobs = await BlobStore.open(folder.path);
  // A check works with nothing else of the store.
  verifier = new Verifier({ ledger, blobs } as unknown as Store);
}

async function fill(): Promise<void> {
  folder = await FilledFolder.create({ checkpoint: true });
  await open();
}

afterEach(async () => {
  await verifier.close();
  await ledger.close();
  await blobs.close();
  await folder.remove();
});

const fileOf = (digest: Digest): string => folder.at('blobs', ...digest.split(':'));

function layerOf(reference: string): Digest {
  const [name = '', tag = ''] = reference.split(':');
  const repository = ledger.catalog.findRepository(name);
  const digest = repository?.tags.get(tag)?.digest ?? 'sha256:';
  return repository?.manifests.get(digest)?.layers?.[0]?.digest ?? 'sha256:';
}

describe('Verifier', () => {
  it('finds nothing wrong in a folder that is as it should be', async () => {
    await fill();
    const report = await verifier.run();
    expect(report).toMatchObject({ ok: true, damaged: [], missing: [], checked: { blobs: 120 } });
    expect(report.journal).toEqual({ problems: [], differences: [], repaired: [], changing: 0 });
  });

  it('quarantines a damaged blob and names every tag that needs it', async () => {
    await fill();
    const digest = layerOf('team/app-3:v39');
    await flipBit(fileOf(digest));
    const report = await verifier.run();
    const dependents = ['team/app-3:latest', 'team/app-3:v39'];
    expect(report).toMatchObject({ ok: false, damaged: [{ digest, problem: 'wrong digest', dependents }] });
    expect(report.missing).toEqual([]);
    expect(await blobs.findSize(digest)).toBeUndefined();
    expect(await readdir(folder.at('quarantine'))).toHaveLength(1);
    expect((await verifier.run()).missing).toEqual([{ digest, dependents }]);
  });

  it('names tags that lost a file, and untagged manifests by their digest', async () => {
    await fill();
    const digest = layerOf('team/app-0:v0');
    const manifest = folder.tags['team/app-0:v0'];
    await rm(fileOf(digest));
    expect((await verifier.run()).missing).toEqual([{ digest, dependents: ['team/app-0:v0'] }]);
    await ledger.commit({}, { op: 'tag.delete', repository: 'team/app-0', tag: 'v0' });
    expect((await verifier.run()).missing[0]?.dependents).toEqual([`team/app-0@${manifest}`]);
  });

  it('says that a file is empty', async () => {
    await fill();
    const digest = layerOf('team/app-0:v0');
    await rm(fileOf(digest));
    await writeFile(fileOf(digest), '');
    expect((await verifier.run()).damaged).toMatchObject([{ digest, problem: 'empty' }]);
  });

  it('puts back what lies in the quarantine with the right bytes', async () => {
    await fill();
    const digest = layerOf('team/app-0:v0');
    await copyFile(fileOf(digest), folder.at('kept'));
    await flipBit(fileOf(digest));
    await verifier.run();
    const [name = ''] = await readdir(folder.at('quarantine'));
    await rename(folder.at('kept'), folder.at('quarantine', name));
    expect(await verifier.run({ repair: true })).toMatchObject({ ok: true, restored: [digest], missing: [] });
    expect(await blobs.findSize(digest)).toBeGreaterThan(0);
  });

  it('finds damage in a segment that the checkpoint covers, and makes it unnecessary with repair', async () => {
    await fill();
    await scratch(folder.segment(2));
    const { journal, ok } = await verifier.run();
    expect(journal.problems).toEqual([
      expect.stringContaining(`${folder.segment(2)} is damaged from byte `) as string,
    ]);
    expect(ok).toBe(false);
    const repaired = await verifier.run({ repair: true });
    expect(repaired).toMatchObject({ ok: true, journal: { problems: [] } });
    expect(repaired.journal.repaired).toHaveLength(1);
    expect(await folder.tagsAfterStart()).toEqual(folder.tags);
    const aside = (await readdir(folder.path)).find((name) => name.startsWith('journal.damaged-'));
    expect(await readdir(folder.at(aside ?? ''))).toContain('00000002.log');
  });

  it('tells a segment that is gone from one that is damaged, and makes it unnecessary as well', async () => {
    await fill();
    await rm(folder.segment(2));
    expect((await verifier.run()).journal.problems).toEqual([`${folder.segment(2)} is missing`]);
    expect(await verifier.run({ repair: true })).toMatchObject({ ok: true });
    expect(await folder.tagsAfterStart()).toEqual(folder.tags);
  });

  it('finds a damaged checkpoint, and makes it anew with repair', async () => {
    await fill();
    await truncate(folder.journal('checkpoint.json'), 1000);
    expect((await verifier.run()).journal.problems).toEqual([
      `${folder.journal('checkpoint.json')} is damaged`,
    ]);
    expect(await verifier.run({ repair: true })).toMatchObject({ ok: true });
    expect((await stat(folder.journal('checkpoint.json'))).size).toBeGreaterThan(1000);
  });

  it('tells where the catalog is not what the journal says', async () => {
    await fill();
    ledger.catalog.findRepository('team/app-2')?.tags.delete('v2');
    const { journal, ok } = await verifier.run();
    expect(journal.differences).toEqual(['team/app-2: tags']);
    expect(ok).toBe(false);
  });

  it('tells that the counts of who needs which content are wrong', async () => {
    await fill();
    ledger.catalog.content.hold(layerOf('team/app-0:v0'), 1);
    expect((await verifier.run()).journal.differences).toHaveLength(1);
  });

  it('compares while records are written', async () => {
    await fill();
    const stop = new AbortController();
    const writing = (async () => {
      for (let i = 0; !stop.signal.aborted; i += 1) {
        const digest = folder.tags['team/app-1:v5'] ?? 'sha256:';
        await ledger.commit({}, { op: 'tag.put', repository: 'team/app-1', tag: `w${i % 50}`, digest });
      }
    })();
    const { journal } = await verifier.run();
    stop.abort();
    await writing;
    expect(journal).toMatchObject({ problems: [], differences: [] });
  });

  it('reports its progress, keeps to a rate, and stops when it is told to', async () => {
    await fill();
    const stop = new AbortController();
    const seen: number[] = [];
    const run = verifier.run({
      rate: 1000,
      signal: stop.signal,
      onProgress: (done, total) => {
        seen.push(done);
        expect(total).toBeGreaterThan(10_000);
        if (done > 0) stop.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(seen.at(-1)).toBeLessThan(5000);
  });
});

describe('BlobStore', () => {
  it('serves no small content whose bytes are wrong, and quarantines it', async () => {
    await fill();
    const manifest = folder.tags['team/app-0:v0'] ?? 'sha256:';
    const layer = layerOf('team/app-0:v0');
    await rm(fileOf(manifest));
    await writeFile(fileOf(manifest), '');
    await flipBit(fileOf(layer));
    expect(await blobs.findContent(manifest)).toBeUndefined();
    expect(await blobs.openReader(layer)).toBeUndefined();
    expect(await blobs.findSize(layer)).toBeUndefined();
    expect(await readdir(folder.at('quarantine'))).toHaveLength(2);
    const kept = (await readdir(folder.at('quarantine'))).find((name) => name.includes(layer.slice(7)));
    expect(await readFile(join(folder.at('quarantine'), kept ?? ''))).not.toHaveLength(0);
  });
});
