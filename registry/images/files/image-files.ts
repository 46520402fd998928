import { dirname, join } from 'node:path';
import type { Manifest, Repository } from '../../catalog/repository.ts';
import { RegistryError } from '../../error.ts';
import type { Digest } from '../../reference.ts';
import { unknownManifest } from '../manifests.ts';
import { isForeignLayer, isIndexType } from '../media-types.ts';
import { readRepository, type Store } from '../store.ts';
import type { LayerCounts } from './image-tree.ts';
import { LARGEST_CACHE } from './listing-cache.ts';
import type { Answers, FileHead, LayerSource, Question } from './protocol.ts';
import type { ViewKind } from './view.ts';
import { WorkerDesk } from './worker-desk.ts';

/** As many as no runtime can put onto each other. */
const MOST_LAYERS = 1000;

/** Which image, at which of its layers. */
export interface Place {
  readonly repository: string;
  readonly digest: Digest;
  /** Index of the layer; the last if absent. */
  readonly layer?: number | undefined;
}

export interface FileContent extends FileHead {
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** What the layers of an image hold. All work is done in a thread, from which answers come in bounded portions. */
export class ImageFiles {
  readonly #store: Store;
  readonly #desk: WorkerDesk;

  constructor(store: Store, cacheLimit = LARGEST_CACHE) {
    this.#store = store;
    const { folder } = store.blobs;
    this.#desk = new WorkerDesk({
      blobs: folder,
      cache: join(dirname(folder), 'cache', 'files'),
      cacheLimit,
    });
  }

  /**
   * The image's layers as far as its repository has them.
   *
   * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN, REQUEST_INVALID for what is no image
   */
  layersOf(name: string, digest: Digest): readonly LayerSource[] {
    const repository = readRepository(this.#store, name);
    const manifest = repository.manifests.get(digest);
    if (manifest === undefined) throw unknownManifest(name, digest);
    if (isIndexType(manifest.mediaType)) {
      throw new RegistryError(
        'REQUEST_INVALID',
        'This is a list of images for several platforms: name one of them by its digest.',
        { detail: { manifests: (manifest.manifests ?? []).map((each) => each.digest) } },
      );
    }
    return sourcesOf(repository, manifest);
  }

  async isCached({ repository, digest }: Place): Promise<boolean> {
    return await this.#desk.ask({ kind: 'is cached', layers: this.layersOf(repository, digest) });
  }

  /** @param onProgress told of compressed bytes, done and in all */
  async read(
    { repository, digest }: Place,
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<readonly (LayerCounts & { readonly digest: Digest })[]> {
    const layers = this.layersOf(repository, digest);
    const counts = await this.#holding(layers, () =>
      this.#desk.ask(
        { kind: 'read', layers },
        { ...(onProgress === undefined ? {} : { onProgress }), signal },
      ),
    );
    return layers.map(({ digest: layer }, index) =>
      Object.assign({ digest: layer }, counts[index] ?? NO_COUNTS),
    );
  }

  /** @throws RegistryError NOT_FOUND, REQUEST_INVALID if it is no folder, CONFLICT if the layers were not read */
  async list(place: Place, view: ViewKind, path: string, most: number): Promise<Answers['list']> {
    return await this.#desk.ask({ kind: 'list', view, path, most, ...this.#at(place) });
  }

  async search(
    place: Place,
    view: ViewKind,
    text: string,
    most: number,
    signal?: AbortSignal,
  ): Promise<Answers['search']> {
    return await this.#desk.ask({ kind: 'search', view, text, most, ...this.#at(place) }, { signal });
  }

  /** The files that the finished image does not show, the largest first; of all layers if the place names none. */
  async wasted(place: Place, most: number, signal?: AbortSignal): Promise<Answers['wasted']> {
    const { layers, layer } = this.#at(place);
    const of = place.layer === undefined ? undefined : layer;
    return await this.#desk.ask({ kind: 'wasted', layers, layer: of, most }, { signal });
  }

  /** All that is below a folder, as lines of JSON. */
  walk(place: Place, view: ViewKind, path: string): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#parts<Uint8Array>({ kind: 'walk', view, path, ...this.#at(place) });
  }

  /**
   * One file of the merged image. Its content must be read to its end, or be ended.
   *
   * @throws RegistryError NOT_FOUND, REQUEST_INVALID if it is no file, CONFLICT if the layers were not read
   */
  async content(place: Place, path: string): Promise<FileContent> {
    const parts = this.#parts<FileHead | Uint8Array>({ kind: 'content', path, ...this.#at(place) });
    const first = await parts.next();
    const head = first.value as FileHead;
    return { ...head, chunks: parts as AsyncGenerator<Uint8Array, void, undefined> };
  }

  async close(): Promise<void> {
    await this.#desk.close();
  }

  #at({ repository, digest, layer }: Place): { layers: readonly LayerSource[]; layer: number } {
    const layers = this.layersOf(repository, digest);
    const last = layers.length - 1;
    if (layer !== undefined && layer > last) {
      throw new RegistryError('NOT_FOUND', `The image has only ${layers.length} layers.`);
    }
    return { layers, layer: layer ?? last };
  }

  /** So that no reclaim takes away what is being read. */
  async #holding<T>(layers: readonly LayerSource[], work: () => Promise<T>): Promise<T> {
    return await this.#store.leases.during(
      layers.map(({ digest }) => digest),
      work,
    );
  }

  async *#parts<Part>(question: Question): AsyncGenerator<Part, void, undefined> {
    const gone = new AbortController();
    const ready: { part: Part; taken: () => void }[] = [];
    let wake = (): void => undefined;
    const onPart = (part: unknown, taken: () => void): void => {
      ready.push({ part: part as Part, taken });
      wake();
    };
    let isDone = false;
    const asking = this.#holding(question.layers, () =>
      this.#desk.ask(question, { onPart, signal: gone.signal }),
    ).finally(() => {
      isDone = true;
      wake();
    });
    asking.catch(() => undefined);
    try {
      for (;;) {
        const next = ready.shift();
        if (next !== undefined) {
          yield next.part;
          next.taken();
        } else if (isDone) {
          break;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
      await asking;
    } finally {
      gone.abort();
    }
  }
}

const NO_COUNTS: LayerCounts = { size: 0, added: 0, modified: 0, removed: 0, wasted: 0, problem: null };

function sourcesOf(repository: Repository, { layers = [] }: Manifest): LayerSource[] {
  if (layers.length > MOST_LAYERS) {
    throw new RegistryError('UNSUPPORTED', `The image has more than ${MOST_LAYERS} layers.`);
  }
  return layers.map(({ digest, size, mediaType }) => ({
    digest,
    size,
    problem: problemOf(mediaType, repository.blobs.has(digest)),
  }));
}

function problemOf(mediaType: string, isHere: boolean): string | null {
  if (mediaType.includes('+encrypted')) return 'It is encrypted.';
  if (isHere) return null;
  if (isForeignLayer(mediaType)) return 'It is not here: its maker does not let it be distributed.';
  return 'It is not here: this repository does not have it.';
}
