import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from '../../catalog/operation.ts';
import type { Manifest } from '../../catalog/repository.ts';
import { algorithmOf, hexOf, type Digest } from '../../reference.ts';
import { parseManifest } from '../manifest.ts';
import { isImageType, OCI_MANIFEST } from '../media-types.ts';
import type { Store } from '../store.ts';
import { invalid } from '../tar/tar-header.ts';
import type { StagedManifest } from './archive-contents.ts';
import type { CompressedLayers } from './compressed-layers.ts';
import { compressionOf, isUnread, MAGIC_BYTES, type Compression } from '../tar/compression.ts';
import type { DockerImage } from './docker-archive.ts';
import type { LayerWorker } from './layer-worker.ts';
import { dropFile, type StagedFile, type StagedFiles } from './staged-files.ts';

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** Images of the same config differ only in how their layers are compressed: a few looks are enough. */
const MOST_LOOKS = 3;

export interface DockerImagesOptions {
  readonly store: Pick<Store, 'ledger' | 'blobs'>;
  readonly files: StagedFiles;
  readonly layers: CompressedLayers;
  readonly worker: LayerWorker;
  readonly signal: AbortSignal;
  /** Told of bytes of layers that were looked at or compressed since the last call. */
  readonly onWork: (bytes: number) => void;
  /** What is stored anyway, as it is. */
  readonly kept: ReadonlyMap<Digest, StagedFile>;
}

/**
 * Makes of images as `docker save` has them images as a registry has them. The config keeps its bytes, and with
 * them the image its ID; the manifest is made here, as OCI's, which every client and every tool for folders reads,
 * while Docker's own form would say nothing more. What the registry has of the same image is used as it is.
 */
export class DockerImages {
  readonly manifests = new Map<Digest, StagedManifest>();
  readonly blobs = new Map<Digest, StagedFile>();
  readonly #options: DockerImagesOptions;
  readonly #stored = new Map<Digest, Descriptor>();

  constructor(options: DockerImagesOptions) {
    this.#options = options;
  }

  /**
   * @returns the digest of its manifest
   * @throws RegistryError ARCHIVE_INVALID if a layer is not what the config says
   */
  async add(image: DockerImage): Promise<Digest> {
    for (const { file, diffId } of image.layers) {
      if (file.compression === 'none') requireDiffId(diffId, file.digest);
    }
    const known = await this.#findKnown(image);
    if (known !== undefined) {
      await this.#requireLayers(image, known);
      return this.#keep(image, known);
    }
    const layers: Descriptor[] = [];
    for (const { file, diffId } of image.layers) layers.push(await this.#store(file, diffId));
    const { digest, size } = image.config;
    const config = { mediaType: OCI_CONFIG, digest, size };
    const content = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }),
    );
    const own: Digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    return this.#keep(image, { entry: parseManifest(own, content), content });
  }

  /** What the registry has is taken, and yet nobody shall read of a damaged archive that it is whole. */
  async #requireLayers({ layers }: DockerImage, { entry }: StagedManifest): Promise<void> {
    for (const [index, { file, diffId }] of layers.entries()) {
      if (file.compression === 'none' || file.digest === entry.layers?.[index]?.digest) continue;
      const task = { kind: 'unpack', source: file.place } as const;
      const unpacked = await this.#options.worker.run(task, this.#progress());
      this.#done(file.size);
      requireDiffId(diffId, unpacked.digest);
    }
  }

  #keep({ config }: DockerImage, manifest: StagedManifest): Digest {
    this.blobs.set(config.digest, config);
    this.manifests.set(manifest.entry.digest, manifest);
    return manifest.entry.digest;
  }

  /** The layer as it will be stored. */
  async #store(file: StagedFile, diffId: Digest): Promise<Descriptor> {
    const before = this.#stored.get(diffId);
    if (before !== undefined) return before;
    const stored = await this.#storeOne(file, diffId);
    this.#stored.set(diffId, stored);
    return stored;
  }

  async #storeOne(file: StagedFile, diffId: Digest): Promise<Descriptor> {
    if (file.compression !== 'none') return await this.#check(file, diffId);
    const { digest, size } = file;
    if (!this.#options.kept.has(digest)) return await this.#compress(file, diffId);
    this.#options.onWork(size);
    return { mediaType: OCI_LAYER, digest, size };
  }

  async #compress(file: StagedFile, diffId: Digest): Promise<Descriptor> {
    const { files, layers, worker, store, signal } = this.#options;
    const mediaType = `${OCI_LAYER}+gzip`;
    const known = await layers.find(diffId);
    if (known !== undefined && (await store.blobs.findSize(known.digest)) === known.size) {
      await dropFile(file);
      this.#options.onWork(file.size);
      return { mediaType, ...known };
    }
    const target = files.newPath();
    const claim = await files.claim(file.size, signal);
    const task = { kind: 'compress', source: file.place, target } as const;
    const compressed = await worker.run(task, this.#progress());
    this.#done(file.size);
    await layers.add(diffId, compressed);
    await dropFile(file);
    const { digest, size } = compressed;
    // What cannot be compressed has grown by a little.
    await claim.grow(size, { stop: signal });
    claim.shrink(size);
    this.blobs.set(digest, { digest, size, compression: 'gzip', place: { file: target }, claim });
    return { mediaType, digest, size };
  }

  /** A layer that is compressed already stays as it is. */
  async #check(file: StagedFile, diffId: Digest): Promise<Descriptor> {
    const { digest, size, compression, place } = file;
    if (isUnread(compression)) {
      throw invalid(`A layer in the archive is compressed with ${compression}, which no registry knows.`);
    }
    await this.#requireUnpacked(place, compression, { digest, size }, diffId);
    this.blobs.set(digest, file);
    return { mediaType: `${OCI_LAYER}+${compression}`, digest, size };
  }

  async #requireUnpacked(
    source: StagedFile['place'],
    compression: Compression,
    { digest, size }: { digest: Digest; size: number },
    diffId: Digest,
  ): Promise<void> {
    const { layers, worker } = this.#options;
    if ((await layers.find(diffId))?.digest === digest) return this.#done(size);
    const unpacked = await worker.run({ kind: 'unpack', source }, this.#progress());
    this.#done(size);
    requireDiffId(diffId, unpacked.digest);
    if (compression === 'gzip') await layers.add(diffId, { digest, size });
  }

  /** An image of this config that the registry has: its manifest, if its layers are what the config says. */
  async #findKnown(image: DockerImage): Promise<StagedManifest | undefined> {
    const { catalog } = this.#options.store.ledger;
    let looks = 0;
    for (const user of catalog.content.users(image.config.digest)) {
      if (user.config?.digest !== image.config.digest || !isImageType(user.mediaType)) continue;
      if (user.layers?.length !== image.layers.length) continue;
      looks += 1;
      if (looks > MOST_LOOKS) break;
      const content = await this.#options.store.blobs.findContent(user.digest);
      if (content === undefined || !(await this.#isMadeOf(user, image))) continue;
      return { entry: parseManifest(user.digest, content, user.mediaType), content };
    }
    return undefined;
  }

  async #isMadeOf({ layers = [] }: Manifest, image: DockerImage): Promise<boolean> {
    const { blobs } = this.#options.store;
    for (const { digest, size } of layers) if ((await blobs.findSize(digest)) !== size) return false;
    for (const [index, layer] of layers.entries()) {
      const diffId = image.layers[index]?.diffId;
      if (diffId === undefined) return false;
      if ((await this.#options.layers.find(diffId))?.digest === layer.digest) continue;
      const file = join(blobs.folder, algorithmOf(layer.digest), hexOf(layer.digest));
      try {
        await this.#requireUnpacked({ file }, await compressionOfFile(file), layer, diffId);
      } catch (error) {
        if (this.#options.worker.isStopped) throw error;
        return false;
      }
    }
    return true;
  }

  #reported = 0;

  #progress(): (bytes: number) => void {
    this.#reported = 0;
    return (bytes) => {
      this.#options.onWork(bytes - this.#reported);
      this.#reported = bytes;
    };
  }

  #done(size: number): void {
    this.#options.onWork(Math.max(0, size - this.#reported));
    this.#reported = 0;
  }
}

function requireDiffId(expected: Digest, actual: Digest): void {
  if (expected === actual) return;
  throw invalid(`A layer in the archive is damaged: the config says ${expected}, and it is ${actual}.`);
}

async function compressionOfFile(path: string): Promise<Compression> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return compressionOf(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
