import { RegistryError } from '../../error.ts';
import { Pace } from '../../pace.ts';
import { addUp, compare } from './changes.ts';
import { entriesOf, type Listing } from './listing.ts';
import { Merge, type MemoryBudget } from './merge.ts';
import { isFolder, leavesOf, type Folder, type Leaf } from './tree.ts';

/** What a layer did to the image below it. */
export interface LayerCounts {
  /** Bytes of the files in it, uncompressed. */
  readonly size: number;
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  /** Bytes of the files in it that the finished image does not show. */
  readonly wasted: number;
  /** Why it could not be read, or not wholly, for people. */
  readonly problem: string | null;
}

/** Bytes of memory, by estimate, that the tree of one image may take. */
export const LARGEST_TREE = 768 << 20;

/** The files of an image as they are after each of its layers. */
export class ImageTree {
  /** One for each layer; they share what they have in common. */
  readonly roots: Folder[] = [];
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  readonly #layers: Omit<LayerCounts, 'wasted'>[] = [];
  readonly #linked = new Set<Leaf>();
  #counts: readonly LayerCounts[] | undefined;

  constructor(limit = LARGEST_TREE) {
    this.#limit = limit;
    this.#budget = { left: limit };
  }

  /** Bytes of memory that it takes, by estimate. */
  get memory(): number {
    return this.#limit - this.#budget.left;
  }

  /** Puts the next layer on top. */
  async add(listing: Listing, pace = new Pace()): Promise<void> {
    const layer = this.roots.length;
    const below = this.roots.at(-1);
    const merge = new Merge(below, layer, this.#budget, this.#linked);
    let { problem } = listing;
    let index = 0;
    try {
      for (const entry of entriesOf(listing)) {
        merge.apply(entry, index);
        index += 1;
        if (index % 256 === 0) await pace.rest();
      }
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      problem ??= error.message;
    }
    if (merge.hasRemoved && this.#linked.size > 0) merge.bequeath(this.#findHeirs(merge.root));
    addUp(merge.root);
    const counts = { added: 0, modified: 0, removed: 0 };
    compare(below, merge.root, counts);
    this.roots.push(merge.root);
    this.#layers.push({ size: listing.size, ...counts, problem });
    this.#counts = undefined;
  }

  get layers(): readonly LayerCounts[] {
    this.#counts ??= this.#countWasted();
    return this.#counts;
  }

  #countWasted(): LayerCounts[] {
    const shown = this.#layers.map(() => 0);
    const count = (folder: Folder): void => {
      for (const node of folder.children.values()) {
        if (isFolder(node)) count(node);
        else if (node.bytes > 0) {
          const { layer } = node.inode ?? node;
          shown[layer] = (shown[layer] ?? 0) + node.bytes;
        }
      }
    };
    const top = this.roots.at(-1);
    if (top !== undefined) count(top);
    return this.#layers.map((each, layer) => ({ ...each, wasted: each.size - (shown[layer] ?? 0) }));
  }

  /** For each file with several names whose bytes no name stands for any more: one that is left. */
  *#findHeirs(root: Folder): Generator<readonly [Leaf, readonly string[]]> {
    const held = new Set<Leaf>();
    const heirs = new Map<Leaf, readonly [Leaf, readonly string[]]>();
    for (const [leaf, names] of leavesOf(root)) {
      const inode = leaf.inode ?? leaf;
      if (!this.#linked.has(inode)) continue;
      if (leaf.bytes > 0 || leaf === inode) held.add(inode);
      else if (!heirs.has(inode)) heirs.set(inode, [leaf, names]);
    }
    for (const inode of this.#linked) {
      const heir = heirs.get(inode);
      if (held.has(inode)) continue;
      if (heir === undefined) this.#linked.delete(inode);
      else yield heir;
    }
  }
}
