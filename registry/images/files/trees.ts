import { RegistryError } from '../../error.ts';
import type { Listing } from './listing.ts';
import type { ListingCache } from './listing-cache.ts';
import { ImageTree, LARGEST_TREE } from './image-tree.ts';
import type { LayerSource } from './protocol.ts';
import { blobPath, readLayer } from './read-layer.ts';

const NOTHING = { entries: 0, size: 0, packed: Buffer.alloc(0) };

/** The trees of the images that were looked at last, as many as there is memory for. */
export class Trees {
  readonly #cache: ListingCache;
  readonly #blobs: string;
  /** By what their layers are, the one used last at the end. */
  readonly #trees = new Map<string, ImageTree>();
  readonly #making = new Map<string, Promise<ImageTree>>();

  constructor(cache: ListingCache, blobs: string) {
    this.#cache = cache;
    this.#blobs = blobs;
  }

  async isCached(layers: readonly LayerSource[]): Promise<boolean> {
    if (this.#trees.has(keyOf(layers))) return true;
    for (const { digest, problem } of layers) {
      if (problem === null && !(await this.#cache.has(digest))) return false;
    }
    return true;
  }

  /** Reads what is not in the cache, and puts the layers onto each other. */
  async read(
    layers: readonly LayerSource[],
    onProgress: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<ImageTree> {
    const known = this.#find(layers);
    if (known !== undefined) return known;
    const total = layers.reduce((sum, { size, problem }) => sum + (problem === null ? size : 0), 0);
    const tree = new ImageTree();
    let [before, done] = [0, 0];
    for (const layer of layers) {
      signal.throwIfAborted();
      const listing = await this.#listing(layer, signal, (bytes) => onProgress((done += bytes), total));
      if (layer.problem === null) before += layer.size;
      onProgress((done = before), total);
      await tree.add(listing);
    }
    this.#remember(layers, tree);
    return tree;
  }

  /**
   * The tree of an image whose layers were all read before.
   *
   * @throws RegistryError CONFLICT
   */
  async get(layers: readonly LayerSource[]): Promise<ImageTree> {
    const known = this.#find(layers);
    if (known !== undefined) return known;
    const key = keyOf(layers);
    const making = this.#making.get(key) ?? this.#fromCache(layers).finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return await making;
  }

  async #fromCache(layers: readonly LayerSource[]): Promise<ImageTree> {
    const tree = new ImageTree();
    for (const { digest, problem } of layers) {
      const listing = problem === null ? await this.#cache.find(digest) : { ...NOTHING, problem };
      if (listing === undefined)
        throw new RegistryError('CONFLICT', 'The layers of this image were not read yet.');
      await tree.add(listing);
    }
    this.#remember(layers, tree);
    return tree;
  }

  async #listing(
    { digest, problem }: LayerSource,
    signal: AbortSignal,
    onProgress: (bytes: number) => void,
  ): Promise<Listing> {
    if (problem !== null) return { ...NOTHING, problem };
    const cached = await this.#cache.find(digest);
    if (cached !== undefined) return cached;
    const path = blobPath(this.#blobs, digest);
    const { listing, isLasting } = await readLayer(path, digest, signal, onProgress);
    if (isLasting) await this.#cache.keep(digest, listing);
    return listing;
  }

  #find(layers: readonly LayerSource[]): ImageTree | undefined {
    const key = keyOf(layers);
    const tree = this.#trees.get(key);
    if (tree === undefined) return undefined;
    this.#trees.delete(key);
    this.#trees.set(key, tree);
    return tree;
  }

  #remember(layers: readonly LayerSource[], tree: ImageTree): void {
    this.#trees.set(keyOf(layers), tree);
    let memory = 0;
    for (const [key, each] of [...this.#trees].toReversed()) {
      memory += each.memory;
      if (memory > LARGEST_TREE && each !== tree) this.#trees.delete(key);
    }
  }
}

function keyOf(layers: readonly LayerSource[]): string {
  return layers.map(({ digest, problem }) => (problem === null ? digest : `-${problem}`)).join('\n');
}
