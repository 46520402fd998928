import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { BlobStore } from '../registry/blobs/blob-store.ts';
import { readLayoutSeq } from '../registry/blobs/layout.ts';
import { Ledger } from '../registry/catalog/ledger.ts';
import type { Operation } from '../registry/catalog/operation.ts';
import { RegistryError } from '../registry/error.ts';
import { LayoutWriter } from '../registry/images/layout-writer.ts';
import { parseManifest } from '../registry/images/manifest.ts';
import { OCI_MANIFEST } from '../registry/images/media-types.ts';
import { silentLog } from '../registry/log.ts';
import type { Digest } from '../registry/reference.ts';

export type Tags = Record<string, Digest>;

const SEGMENT_BYTES = 4000;

/** A data folder of a test's own, with 40 images in some ten segments, as a server leaves it. */
export class FilledFolder {
  readonly path: string;
  /** Where every tag points, by `repository:tag`. */
  tags: Tags = {};

  private constructor(path: string) {
    this.path = path;
  }

  static async create(options: { checkpoint: boolean }): Promise<FilledFolder> {
    const folder = new FilledFolder(await mkdtemp(join(tmpdir(), 'berth-repair-')));
    const ledger = await Ledger.open(folder.path, silentLog(), { segmentBytes: SEGMENT_BYTES });
    const blobs = await BlobStore.open(folder.path);
    const layout = new LayoutWriter(folder.path, ledger, silentLog());
    for (let i = 0; i < 40; i += 1) await push(ledger, blobs, `team/app-${i % 4}`, `v${i}`);
    await ledger.commit({}, { op: 'tag.delete', repository: 'team/app-1', tag: 'v1' });
    folder.tags = tagsOf(ledger);
    if (options.checkpoint) {
      await vi.waitFor(async () => {
        const text = await readFile(folder.journal('checkpoint.json'), 'utf8');
        const { checkpoint } = JSON.parse(text) as { checkpoint: { segment: number } };
        if (checkpoint.segment !== ledger.segment - 1) throw new Error('there is no checkpoint yet');
      }, 20_000);
    }
    await layout.close();
    await ledger.close();
    await blobs.close();
    if (!options.checkpoint) await rm(folder.journal('checkpoint.json'), { force: true });
    return folder;
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  journal(name: string): string {
    return this.at('journal', name);
  }

  segment(number: number): string {
    return this.journal(`${String(number).padStart(8, '0')}.log`);
  }

  async segmentNumbers(): Promise<number[]> {
    return (await readdir(this.at('journal')))
      .filter((name) => name.endsWith('.log'))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
  }

  /** As a server does; the caller closes it. */
  async start(): Promise<Ledger> {
    return await Ledger.open(this.path, silentLog(), { atLeast: await readLayoutSeq(this.path) });
  }

  async tagsAfterStart(): Promise<Tags> {
    const ledger = await this.start();
    const tags = tagsOf(ledger);
    await ledger.close();
    return tags;
  }

  /** The error's code, or `started`. */
  async codeOfStart(): Promise<string> {
    try {
      await this.tagsAfterStart();
      return 'started';
    } catch (error) {
      return error instanceof RegistryError ? error.code : String(error);
    }
  }

  /** Every file and what is in it. */
  async contents(): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    for (const name of await readdir(this.path, { recursive: true })) {
      if ((await stat(this.at(name))).isFile()) files[name] = await readFile(this.at(name), 'latin1');
    }
    return files;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Of one byte, in the middle if none is named. */
export async function flipBit(path: string, byte?: number): Promise<void> {
  const bytes = await readFile(path);
  const index = byte ?? Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(index) ^ 0x04, index);
  await rm(path);
  await writeFile(path, bytes);
}

/** Makes two lines in the middle of a segment unreadable. */
export async function scratch(path: string): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const middle = Math.floor(lines.length / 2);
  for (const index of [middle, middle + 1]) lines[index] = (lines[index] ?? '').replaceAll('"', '#');
  await writeFile(path, lines.join('\n'));
}

function tagsOf({ catalog }: Ledger): Tags {
  const tags: Tags = {};
  for (const { name, tags: own } of catalog.repositories.values()) {
    for (const [tag, { digest }] of own) tags[`${name}:${tag}`] = digest;
  }
  return tags;
}

async function push(ledger: Ledger, blobs: BlobStore, repository: string, tag: string): Promise<void> {
  const config = { mediaType: 'application/json', ...(await put(blobs, `{"of":"${repository}:${tag}"}`)) };
  const layer = { mediaType: 'test/layer', ...(await put(blobs, `layer of ${repository}:${tag}`)) };
  const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] });
  const { digest } = await put(blobs, text);
  const manifest = parseManifest(digest, Buffer.from(text));
  const tags = [tag, 'latest'].map((each): Operation => ({ op: 'tag.put', repository, tag: each, digest }));
  await ledger.commit({ client: 'test' }, { op: 'manifest.put', repository, manifest }, ...tags);
}

async function put(blobs: BlobStore, text: string): Promise<{ digest: Digest; size: number }> {
  const content = Buffer.from(text);
  const digest: Digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  await blobs.put(digest, content);
  return { digest, size: content.length };
}
