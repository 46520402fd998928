import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ApplyOptions, Imported, Wish } from '../../registry/images/archives/apply-import.ts';
import { Imports } from '../../registry/images/archives/imports.ts';
import type { Import } from '../../registry/images/archives/staged-import.ts';
import type { Store } from '../../registry/images/store.ts';
import { isDigest, type Digest } from '../../registry/reference.ts';
import { contentsOf, type Image } from '../clients/image.ts';
import { bodyOf, plainLayer, type DockerImage } from './archive.ts';
import { TestStore } from './store.ts';

const HOUR = 3_600_000;

export const ACTOR = { client: 'a test' };

/** Larger than what is kept in memory, and twice the same. */
export const APP: DockerImage = {
  names: ['docker.io/library/app:v1', 'localhost:5080/team/app:v1'],
  layers: [plainLayer('base', 200_000), plainLayer('small'), plainLayer('base', 200_000)],
};

/** A store into which archives are imported. */
export class ImportStore {
  readonly test: TestStore;
  imports: Imports;

  private constructor(test: TestStore, imports: Imports) {
    this.test = test;
    this.imports = imports;
  }

  static async open(): Promise<ImportStore> {
    const test = await TestStore.open();
    return new ImportStore(test, await Imports.open(test.store, test.folder, HOUR));
  }

  get store(): Store {
    return this.test.store;
  }

  get folder(): string {
    return this.test.folder;
  }

  /** As after a restart, or with other settings. */
  async again(change: Partial<Store> = {}): Promise<void> {
    await this.imports.close();
    this.imports = await Imports.open({ ...this.store, ...change }, this.folder, HOUR);
  }

  async close(): Promise<void> {
    await this.imports.close();
    await this.test.close();
  }

  async stage(
    archive: Buffer,
    name = 'a.tar',
    onProgress: (done: number, total: number) => void = () => undefined,
    signal = new AbortController().signal,
  ): Promise<Import> {
    return await this.imports.stage(bodyOf(archive), { name, signal, onProgress });
  }

  /** All of it, under its own names. */
  async bring(archive: Buffer): Promise<Imported> {
    return await this.apply((await this.stage(archive)).id);
  }

  async apply(id: string, wishes?: readonly Wish[], options: Partial<ApplyOptions> = {}): Promise<Imported> {
    const all = { signal: new AbortController().signal, onProgress: () => undefined, ...options };
    return await this.imports.apply(id, wishes, ACTOR, all);
  }

  /** Manifest, config and layers as the registry has them now. */
  async stored(repository: string, tag: string) {
    const found = this.store.ledger.catalog.findRepository(repository);
    const digest = found?.tags.get(tag)?.digest;
    const manifest = digest === undefined ? undefined : found?.manifests.get(digest);
    if (manifest === undefined) throw new Error(`there is no ${repository}:${tag}`);
    const layers = await Promise.all((manifest.layers ?? []).map((layer) => this.content(layer.digest)));
    return { manifest, layers };
  }

  async content(digest: string): Promise<Buffer> {
    return (await this.store.blobs.findContent(parsed(digest))) ?? Buffer.from('absent');
  }

  async expectHolds(repository: string, tag: string, image: Image): Promise<void> {
    const found = this.store.ledger.catalog.findRepository(repository);
    expect(found?.tags.get(tag)?.digest).toBe(image.digest);
    for (const { digest, bytes } of contentsOf(image)) {
      expect((await this.content(digest)).equals(bytes), digest).toBe(true);
    }
  }

  has(repository: string, image: Image): boolean {
    return this.store.ledger.catalog.findRepository(repository)?.manifests.has(parsed(image.digest)) ?? false;
  }

  referrers(repository: string, image: Image): string[] {
    const found = this.store.ledger.catalog.findRepository(repository);
    return [...(found?.referrers(parsed(image.digest)) ?? [])].map(({ digest }) => digest);
  }

  /** Nothing has changed, and nothing is left of what was tried. */
  async expectNothing(): Promise<void> {
    expect(this.imports.all).toEqual([]);
    expect(this.store.ledger.journal.seq).toBe(0);
    expect(await this.uploads()).toEqual([]);
    expect(await this.test.files()).toEqual([]);
  }

  async uploads(): Promise<string[]> {
    return await readdir(join(this.folder, 'uploads'));
  }
}

export function parsed(digest: string): Digest {
  if (isDigest(digest)) return digest;
  throw new Error(`${digest} is no digest`);
}
