import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobStore } from '../../registry/blobs/blob-store.ts';
import { Budget } from '../../registry/blobs/budget.ts';
import { Leases, type Caller } from '../../registry/blobs/leases.ts';
import { measure } from '../../registry/blobs/measure.ts';
import type { ByteSource } from '../../registry/blobs/receive.ts';
import { UploadStore } from '../../registry/blobs/upload-store.ts';
import { Ledger } from '../../registry/catalog/ledger.ts';
import { Observations } from '../../registry/catalog/observations.ts';
import { Space } from '../../registry/disk/space.ts';
import { SettingsStore } from '../../registry/disk/settings-store.ts';
import { finishUpload } from '../../registry/images/blobs.ts';
import { LayerReuse } from '../../registry/images/layer-reuse.ts';
import { pushManifest } from '../../registry/images/manifests.ts';
import type { Store } from '../../registry/images/store.ts';
import { silentLog } from '../../registry/log.ts';
import type { Digest } from '../../registry/reference.ts';
import type { Settings } from '../../registry/settings.ts';
import { INDEX, MANIFEST } from '../clients/image.ts';

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

export interface Pushed {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface ImageContent {
  readonly tag?: string;
  /** Names of layers: the same name is the same bytes, 1000 of them. */
  readonly layers?: readonly string[];
  /** Makes the config, and so the image, one of its own. */
  readonly config?: string;
  readonly subject?: Pushed;
}

/** A registry's store over a temporary folder, and pushes into it as the HTTP handlers make them. */
export class TestStore {
  readonly folder: string;
  readonly store: Store;
  /** The connection over which all is pushed; to be replaced for another client. */
  caller: TestCaller = new TestCaller('test');

  private constructor(folder: string, store: Store) {
    this.folder = folder;
    this.store = store;
  }

  static async open(given?: string, settings: Partial<Settings> = {}): Promise<TestStore> {
    const folder = given ?? (await mkdtemp(join(tmpdir(), 'berth-store-')));
    const ledger = await Ledger.open(folder, silentLog());
    const current = await SettingsStore.open(folder, settings);
    const budget = new Budget(() => current.current.budget);
    const space = new Space(folder);
    const blobs = await BlobStore.open(folder, space, undefined, budget);
    const observations = new Observations(ledger, () => undefined);
    const uploads = new UploadStore(folder, 3_600_000, space, budget);
    await measure(budget, blobs, uploads, (digest) => ledger.catalog.content.sizeOf(digest));
    return new TestStore(folder, {
      ledger,
      blobs,
      budget,
      observations,
      uploads,
      leases: new Leases(),
      reuse: new LayerReuse(ledger.catalog, observations),
      sparse: 'none',
      settings: current,
    });
  }

  /** As a process that ends and another that starts. */
  async reopen(): Promise<TestStore> {
    await this.closeFiles();
    return await TestStore.open(this.folder);
  }

  async close(): Promise<void> {
    await this.closeFiles();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async closeFiles(): Promise<void> {
    await this.store.observations.close();
    await this.store.blobs.close();
    await this.store.ledger.close();
  }

  async blob(repository: string, bytes: Buffer): Promise<Digest> {
    const digest = digestOf(bytes);
    const upload = await this.store.uploads.start(repository, 'sha256');
    await finishUpload(this.store, upload, { body: sourceOf(bytes) }, digest, this.caller);
    return digest;
  }

  async image(repository: string, image: ImageContent = {}): Promise<Pushed> {
    const config = Buffer.from(JSON.stringify({ config: image.config ?? randomBytes(8).toString('hex') }));
    const layers = (image.layers ?? []).map(layerBytes);
    for (const bytes of [config, ...layers]) await this.blob(repository, bytes);
    return await this.manifest(repository, image.tag, {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: describe(CONFIG, config),
      layers: layers.map((bytes) => describe(LAYER, bytes)),
      ...(image.subject === undefined ? {} : { subject: image.subject }),
    });
  }

  /** An image of one layer that is here already. */
  async imageOf(repository: string, tag: string, layer: Buffer): Promise<Pushed> {
    const config = Buffer.from(JSON.stringify({ config: tag }));
    await this.blob(repository, config);
    return await this.manifest(repository, tag, {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: describe(CONFIG, config),
      layers: [describe(LAYER, layer)],
    });
  }

  async index(repository: string, tag: string | undefined, manifests: readonly Pushed[]): Promise<Pushed> {
    return await this.manifest(repository, tag, { schemaVersion: 2, mediaType: INDEX, manifests });
  }

  async manifest(repository: string, tag: string | undefined, manifest: object): Promise<Pushed> {
    const content = Buffer.from(JSON.stringify(manifest));
    const tags = tag === undefined ? [] : [tag];
    const push = { repository, digest: undefined, tags, content, contentType: undefined };
    const { digest, size, mediaType } = await pushManifest(this.store, push, this.caller);
    return { digest, size, mediaType };
  }

  tags(repository: string): readonly string[] {
    return this.store.ledger.catalog.findRepository(repository)?.sortedTags ?? [];
  }

  has(repository: string, { digest }: Pushed): boolean {
    return this.store.ledger.catalog.findRepository(repository)?.manifests.has(digest) ?? false;
  }

  /** Names of the files that hold content. */
  async files(): Promise<string[]> {
    return (await readdir(join(this.folder, 'blobs/sha256'))).sort();
  }
}

/** A client on a connection that can be closed. */
export class TestCaller implements Caller {
  readonly actor: { client: string; address: string };
  isOpen = true;

  constructor(client: string) {
    this.actor = { client, address: '127.0.0.1' };
  }
}

export function layerBytes(name: string): Buffer {
  return Buffer.alloc(1000, `${name} `);
}

export function digestOf(bytes: Buffer): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The name of the file that holds the content. */
export function fileOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

function describe(mediaType: string, bytes: Buffer): Pushed {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

export function sourceOf(bytes: Buffer): ByteSource {
  return {
    async consume(onChunk) {
      onChunk(Buffer.from(bytes));
    },
    pause: () => undefined,
    resume: () => undefined,
  };
}
