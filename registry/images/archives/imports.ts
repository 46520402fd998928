import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ByteSource } from '../../blobs/receive.ts';
import { Space } from '../../disk/space.ts';
import { RegistryError } from '../../error.ts';
import type { Actor } from '../../journal/record.ts';
import type { Digest } from '../../reference.ts';
import { isForeignLayer } from '../media-types.ts';
import type { Store } from '../store.ts';
import type { UnpackBounds } from '../tar/decompress.ts';
import { applyImport, type ApplyOptions, type Imported, type Wish } from './apply-import.ts';
import { CompressedLayers } from './compressed-layers.ts';
import { pullBytes } from './pull-bytes.ts';
import { readArchive } from './read-archive.ts';
import { dropFile, SMALL_FILES_BYTES, StagedFiles, type Memory, type StagedFile } from './staged-files.ts';
import { contentOf, goneMeanwhile, importImages, type Import, type ImportImage } from './staged-import.ts';

/** Each takes memory and room, whoever brought it may have forgotten it, and it stays for a day. */
const MOST_WAITING = 100;

/** An archive may be wrong in ten thousand places; nobody reads that. */
const MOST_WARNINGS = 100;

interface Held {
  readonly staged: Import;
  readonly files: StagedFiles;
  /** Ends that content of it, which the registry has, must stay. */
  readonly release: () => void;
  readonly timer: NodeJS.Timeout;
  isBusy: boolean;
}

export interface StageOptions {
  /** As the client calls the file. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Told of bytes: of the archive, and of layers that have to be gone through once all has come. */
  readonly onProgress: (done: number, total: number) => void;
  /** Of what it unpacks to; UNPACK_BOUNDS if absent. */
  readonly bounds?: UnpackBounds;
}

/** Archives on their way in. Like upload sessions they end by themselves, and with the process. */
export class Imports {
  readonly #store: Store;
  readonly #folder: string;
  readonly #space: Space;
  readonly #lifetime: number;
  readonly #layers: CompressedLayers;
  readonly #memory: Memory = { left: SMALL_FILES_BYTES };
  readonly #imports = new Map<string, Held>();
  /** How many are being read. */
  #staging = 0;

  private constructor(store: Store, dataFolder: string, lifetime: number, layers: CompressedLayers) {
    this.#store = store;
    this.#folder = join(dataFolder, 'uploads');
    this.#space = new Space(dataFolder, () => store.settings.current.reserve);
    this.#lifetime = lifetime;
    this.#layers = layers;
  }

  /** @param lifetime milliseconds for which an import waits to be asked for */
  static async open(store: Store, dataFolder: string, lifetime: number): Promise<Imports> {
    return new Imports(store, dataFolder, lifetime, await CompressedLayers.open(dataFolder));
  }

  get all(): Import[] {
    return [...this.#imports.values()].map(({ staged }) => staged);
  }

  /** @throws RegistryError NOT_FOUND */
  read(id: string): Import {
    return this.#held(id).staged;
  }

  /**
   * Takes an archive in. Nothing of it is in any repository then.
   *
   * @throws RegistryError ARCHIVE_INVALID, STORAGE_FULL; CONFLICT if too many wait already; the reason of the signal
   */
  async stage(source: ByteSource, options: StageOptions): Promise<Import> {
    if (this.#imports.size + this.#staging >= MOST_WAITING) throw tooMany();
    this.#staging += 1;
    try {
      return await this.#stage(source, options);
    } finally {
      this.#staging -= 1;
    }
  }

  async #stage(source: ByteSource, { name, signal, onProgress, bounds }: StageOptions): Promise<Import> {
    const id = randomUUID();
    await this.#space.require(source.length ?? 1);
    const folder = join(this.#folder, `${id}.import`);
    const files = await StagedFiles.open(folder, this.#space, this.#store.budget, this.#memory);
    const held = new Set<() => void>();
    try {
      let [received, worked, more] = [0, 0, 0];
      const report = (): void => onProgress(received + worked, Math.max(received, source.length ?? 0) + more);
      const chunks = pullBytes(source, signal, (bytes) => {
        received = bytes;
        report();
      });
      const contents = await readArchive(chunks, files, {
        store: this.#store,
        layers: this.#layers,
        signal,
        bounds,
        onMore: (bytes) => {
          more = bytes;
        },
        onWork: (bytes) => {
          worked += bytes;
          report();
        },
      });
      const warnings = [...contents.warnings];
      const images = await importImages(contents, name, warnings);
      this.#refuseSparse(images);
      held.add(this.#hold(images));
      const staged = await this.#dropPresent(images, contents.blobs);
      await files.keepOnly(new Set(staged.values()));
      signal.throwIfAborted();
      const expiresAt = Date.now() + this.#lifetime;
      const { format } = contents;
      const facts = {
        id,
        name,
        format,
        bytes: received,
        images,
        warnings: worthReading(warnings),
        expiresAt,
      };
      return this.#keep({ ...facts, staged, brought: new Set(contents.blobs.keys()) }, files, held);
    } catch (error) {
      for (const release of held) release();
      await files.remove();
      throw signal.aborted ? signal.reason : error;
    }
  }

  /**
   * Puts images of it into repositories, all of them or none. The import is over then.
   *
   * @param wishes which images, and under which names; all under their own if absent
   * @throws RegistryError NOT_FOUND, CONFLICT, REQUEST_INVALID, TAG_PROTECTED, STORAGE_FULL; the reason of the signal
   */
  async apply(
    id: string,
    wishes: readonly Wish[] | undefined,
    actor: Actor,
    options: ApplyOptions,
  ): Promise<Imported> {
    const held = this.#held(id);
    if (held.isBusy) throw new RegistryError('CONFLICT', 'This import is under way already.');
    held.isBusy = true;
    try {
      const imported = await applyImport(this.#store, held.staged, wishes, actor, options);
      await this.#end(held);
      return imported;
    } finally {
      held.isBusy = false;
      // Its time ran out meanwhile.
      if (Date.now() >= held.staged.expiresAt && this.#imports.has(id)) await this.#end(held);
    }
  }

  /** @throws RegistryError NOT_FOUND, CONFLICT */
  async discard(id: string): Promise<void> {
    const held = this.#held(id);
    if (held.isBusy) throw new RegistryError('CONFLICT', 'This import is under way and cannot be discarded.');
    await this.#end(held);
  }

  async close(): Promise<void> {
    for (const held of this.#imports.values()) await this.#end(held);
  }

  #keep(staged: Import, files: StagedFiles, releases: Iterable<() => void>): Import {
    const timer = setTimeout(() => void this.discard(staged.id).catch(() => undefined), this.#lifetime);
    const release = (): void => [...releases].forEach((each) => each());
    this.#imports.set(staged.id, { staged, files, release, timer: timer.unref(), isBusy: false });
    return staged;
  }

  async #end(held: Held): Promise<void> {
    clearTimeout(held.timer);
    this.#imports.delete(held.staged.id);
    held.release();
    await held.files.remove();
  }

  #held(id: string): Held {
    const held = this.#imports.get(id);
    if (held !== undefined) return held;
    throw new RegistryError(
      'NOT_FOUND',
      'There is no such import; it is done, or has ended. Import the archive again.',
      {
        detail: { import: id.slice(0, 100) },
      },
    );
  }

  /** What the registry is set to refuse of pushes it refuses here. */
  #refuseSparse(images: readonly ImportImage[]): void {
    if (this.#store.sparse !== 'none') return;
    for (const { digest, manifests } of images) {
      for (const { entry } of manifests.values()) {
        if (entry.manifests?.every((child) => manifests.has(child.digest)) !== false) continue;
        throw new RegistryError(
          'ARCHIVE_INVALID',
          `The archive lacks platforms of ${digest}, and this registry takes no such images.`,
        );
      }
    }
  }

  /** A reclaim must not take away what the archive shares with the registry. */
  #hold(images: readonly ImportImage[]): () => void {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const digests = new Set(images.flatMap((image) => [...contentOf(image).keys()]));
    void this.#store.leases.during([...digests], () => released);
    return release;
  }

  /** What is here already need not wait on the disk a second time. */
  async #dropPresent(
    images: readonly ImportImage[],
    blobs: ReadonlyMap<Digest, StagedFile>,
  ): Promise<ReadonlyMap<Digest, StagedFile>> {
    const staged = new Map<Digest, StagedFile>();
    for (const image of images) {
      for (const { digest, size, mediaType } of contentOf(image).values()) {
        const file = blobs.get(digest);
        const isHere = (await this.#store.blobs.findSize(digest)) === size;
        if (isHere && file !== undefined) await dropFile(file);
        else if (file !== undefined) staged.set(digest, file);
        const isExpected = image.manifests.has(digest) || isForeignLayer(mediaType);
        if (!isHere && file === undefined && !isExpected) throw goneMeanwhile();
      }
    }
    return staged;
  }
}

function worthReading(warnings: readonly string[]): string[] {
  const all = [...new Set(warnings)];
  const rest = all.length - MOST_WARNINGS;
  return rest <= 0 ? all : [...all.slice(0, MOST_WARNINGS), `${rest} more notes are left out here.`];
}

function tooMany(): RegistryError {
  return new RegistryError(
    'CONFLICT',
    `${MOST_WAITING} archives wait to be imported already. Import or discard some of them first ` +
      '("GET /api/imports" lists them); what nobody asks for ends by itself.',
    { detail: { most: MOST_WAITING } },
  );
}
