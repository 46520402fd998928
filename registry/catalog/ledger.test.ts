import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../log.ts';
import type { Digest } from '../reference.ts';
import { Ledger } from './ledger.ts';
import type { Operation } from './operation.ts';
import { takeSnapshot } from './snapshot.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-ledger-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (log = silentLog()): Promise<Ledger> => Ledger.open(folder, log, { segmentBytes: 4000 });
const checkpoint = (): string => join(folder, 'journal', 'checkpoint.json');

function digest(number: number): Digest {
  return `sha256:${number.toString(16).padStart(64, '0')}`;
}

/** Pushes, retags and deletes that overlap, the same for the same number. */
function operation(i: number): Operation {
  const repository = `team/app-${i % 7}`;
  if (i % 11 === 0) return { op: 'manifest.delete', repository, digest: digest(i - 7) };
  if (i % 5 === 0) return { op: 'tag.delete', repository, tag: `v${i % 3}` };
  if (i % 3 === 0) return { op: 'tag.put', repository, tag: `v${i % 4}`, digest: digest(i - 7) };
  if (i % 2 === 0) return { op: 'blob.link', repository, digest: digest(i), size: i };
  const layers = [{ mediaType: 'test/layer', digest: digest(i % 13), size: 10 }];
  const manifest = { digest: digest(i), size: 100, mediaType: 'test/manifest', layers };
  return { op: 'manifest.put', repository, manifest };
}

async function commitMany(ledger: Ledger, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i += 1) await ledger.commit({ client: 'test' }, operation(i));
}

async function reopen(log = silentLog()): Promise<string> {
  const ledger = await open(log);
  const state = JSON.stringify(takeSnapshot(ledger.catalog));
  await ledger.close();
  return state;
}

describe('Ledger', () => {
  it('restores from a checkpoint and its tail what a full replay gives', async () => {
    const ledger = await open();
    await commitMany(ledger, 1, 200);
    await vi.waitFor(() => readFile(checkpoint()), 20_000);
    await commitMany(ledger, 200, 260);
    const live = JSON.stringify(takeSnapshot(ledger.catalog));
    await ledger.close();

    expect(JSON.parse(await readFile(checkpoint(), 'utf8'))).toMatchObject({ format: 1 });
    expect((await reopen()) === live).toBe(true);
    await rm(checkpoint());
    expect((await reopen()) === live).toBe(true);
  });

  it.each(['truncated', 'flipped'])('replays the whole journal when the checkpoint is %s', async (how) => {
    const ledger = await open();
    await commitMany(ledger, 1, 200);
    await vi.waitFor(() => readFile(checkpoint()), 20_000);
    const live = JSON.stringify(takeSnapshot(ledger.catalog));
    await ledger.close();

    const text = await readFile(checkpoint(), 'utf8');
    if (how === 'truncated') await truncate(checkpoint(), Math.floor(text.length / 2));
    else await writeFile(checkpoint(), text.replace('"pushedAt":1', '"pushedAt":2'));
    const log = { ...silentLog(), warn: vi.fn() };
    expect((await reopen(log)) === live).toBe(true);
    expect(log.warn).toHaveBeenCalledOnce();
  });

  it('publishes records when they are durable, not when they are replayed', async () => {
    const first = await open();
    await commitMany(first, 1, 3);
    await first.close();
    const second = await open();
    const seen: number[] = [];
    second.subscribe(({ seq }) => seen.push(seq));
    await commitMany(second, 3, 5);
    await second.close();
    expect(seen).toEqual([3, 4]);
  });

  it('keeps several operations of one commit together', async () => {
    const ledger = await open();
    const record = await ledger.commit({}, operation(1), operation(2));
    expect(record.ops).toHaveLength(2);
    await ledger.close();
    expect((await readFile(join(folder, 'journal', '00000001.log'), 'utf8')).trim().split('\n')).toHaveLength(
      2,
    );
  });
});

describe('Ledger.compact', () => {
  /** A journal of several segments, all but the last of them in the checkpoint. */
  async function fill(): Promise<{ ledger: Ledger; live: string }> {
    const ledger = await open();
    await commitMany(ledger, 1, 200);
    await vi.waitFor(async () => expect(await covered()).toBe(ledger.segment - 1), 20_000);
    return { ledger, live: JSON.stringify(takeSnapshot(ledger.catalog)) };
  }

  async function covered(): Promise<number> {
    const text = await readFile(checkpoint(), 'utf8');
    return (JSON.parse(text) as { checkpoint: { segment: number } }).checkpoint.segment;
  }

  const journal = (...names: string[]): string => join(folder, 'journal', ...names);
  const segments = async (): Promise<string[]> =>
    (await readdir(journal())).filter((name) => name.endsWith('.log')).sort();

  it('keeps the state and the history of the segments that it removes', async () => {
    const { ledger, live } = await fill();
    const before = await segments();
    expect(await ledger.compact(Date.now() + 1000)).toMatchObject({ removed: before.length - 1 });
    expect(await segments()).toEqual(before.slice(-1));
    await commitMany(ledger, 200, 202);
    const after = JSON.stringify(takeSnapshot(ledger.catalog));
    await ledger.close();
    expect((await reopen()) === after).toBe(true);
    await rm(checkpoint());
    expect((await reopen()) === after).toBe(true);
    expect(after).not.toBe(live);
  });

  it('keeps segments that are younger than it was told', async () => {
    const { ledger } = await fill();
    const before = await segments();
    expect(await ledger.compact(Date.now() - 3_600_000)).toMatchObject({ removed: 0 });
    expect(await segments()).toEqual(before);
    await ledger.close();
  });

  it.each(['truncated', 'missing'])('starts from the base when the checkpoint is %s', async (how) => {
    const { ledger, live } = await fill();
    await ledger.compact(Date.now() + 1000);
    await ledger.close();
    if (how === 'truncated') await truncate(checkpoint(), 100);
    else await rm(checkpoint());
    expect((await reopen()) === live).toBe(true);
  });

  it('makes a damaged checkpoint anew at the start', async () => {
    const { ledger } = await fill();
    await ledger.compact(Date.now() + 1000);
    await ledger.close();
    await truncate(checkpoint(), 100);
    const again = await open();
    await vi.waitFor(async () => expect(await covered()).toBe(again.segment - 1), 20_000);
    await again.close();
  });

  it('makes a damaged base anew from the checkpoint', async () => {
    const { ledger, live } = await fill();
    await ledger.compact(Date.now() + 1000);
    await truncate(journal('base.json'), 100);
    await ledger.compact(Date.now() + 1000);
    await ledger.close();
    await rm(checkpoint());
    expect((await reopen()) === live).toBe(true);
  });

  it('takes no notice of segments that a crash kept it from removing, and removes them the next time', async () => {
    const { ledger, live } = await fill();
    await cp(journal(), join(folder, 'before'), { recursive: true });
    await ledger.compact(Date.now() + 1000);
    await ledger.close();
    const left = await segments();
    for (const name of (await readdir(join(folder, 'before'))).filter((each) => each.endsWith('.log'))) {
      if (!left.includes(name)) await cp(join(folder, 'before', name), journal(name));
    }
    // The first was removed before the crash.
    await rm(journal('00000001.log'));
    expect((await reopen()) === live).toBe(true);
    await rm(checkpoint());
    expect((await reopen()) === live).toBe(true);
    const again = await open();
    await vi.waitFor(async () => expect((await again.compact(0)).segment).toBeGreaterThan(0), 20_000);
    await again.close();
    expect(await segments()).toEqual(left);
  });

  it('refuses to start without the base and the checkpoint', async () => {
    const { ledger } = await fill();
    await ledger.compact(Date.now() + 1000);
    await ledger.close();
    await truncate(checkpoint(), 100);
    await truncate(journal('base.json'), 100);
    await expect(open()).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
  });
});
