import { RegistryError } from '../../error.ts';
import type { LayerEntry } from './layer-entry.ts';
import { Folder, isFolder, type Leaf, type Node } from './tree.ts';

/** As deep as a path of 4,095 bytes can be. */
const DEEPEST = 2048;

/** As many as Linux and umoci follow before they take it for a circle. */
const MOST_SYMLINKS = 255;

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** What aufs, from which all this comes, kept for itself at the root; docker and containerd leave it out. */
const INTERNAL = '.wh..wh.';
/** Its files are what hard links of the layer name. */
const LINKED_FILES = `${INTERNAL}plnk/`;

/** What an image may take of memory, by estimate. */
export const BYTES_OF_NODE = 240;
export const BYTES_OF_CHILD = 48;

export interface MemoryBudget {
  /** Bytes that may still be taken. */
  left: number;
}

/**
 * One layer on its way onto the tree below it, entry by entry, as `umoci unpack` does it: a whiteout removes what
 * lower layers have and nothing of its own layer, wherever it stands in the archive; links among the parents of a path
 * are followed within the image; what is in the way of a file is removed, folders included.
 */
export class Merge {
  readonly root: Folder;
  readonly #layer: number;
  readonly #budget: MemoryBudget;
  /** Files that have got another name in this or a lower layer. */
  readonly #linked: Set<Leaf>;
  /** Files that only links of this layer can show, by their paths. */
  readonly #hidden = new Map<string, Leaf>();
  /** Something that was there is gone or replaced. */
  hasRemoved = false;

  constructor(below: Folder | undefined, layer: number, budget: MemoryBudget, linked: Set<Leaf>) {
    this.#layer = layer;
    this.#budget = budget;
    this.#linked = linked;
    this.root = below === undefined ? new Folder(layer) : this.#copy(below);
  }

  /**
   * @param index of the entry in its layer
   * @throws RegistryError CONTENT_TOO_LARGE if the image takes too much memory, or is too deep
   */
  apply(entry: LayerEntry, index: number): void {
    const names = entry.path.split('/');
    const name = names.pop() ?? '';
    if (name === '') {
      if (entry.kind === 'folder') this.root.describe(entry, this.#layer);
    } else if (entry.path.startsWith(INTERNAL) && entry.path !== OPAQUE) {
      this.#hide(entry, index);
    } else if (name.startsWith(WHITEOUT)) {
      this.#whiteout(names, name);
    } else {
      this.#put(this.#makeFolder(names), name, entry, index);
    }
  }

  #put(folder: Folder, name: string, entry: LayerEntry, index: number): void {
    const old = folder.children.get(name);
    if (entry.kind === 'folder') {
      const own = isFolder(old)
        ? this.#own(folder, name, old)
        : this.#add(folder, name, new Folder(this.#layer));
      own.describe(entry, this.#layer);
      own.isListed = true;
      return;
    }
    const inode = entry.kind === 'hardlink' ? this.#findInode(entry.target) : undefined;
    // A file that is linked to itself stays what it is.
    if (inode !== undefined && inode === old) return;
    this.#add(folder, name, this.#leafOf(entry.kind, entry, index, inode));
  }

  #leafOf(kind: Leaf['kind'], entry: LayerEntry, index: number, inode: Leaf | undefined): Leaf {
    const { size, mode, uid, gid, modifiedAt } = inode ?? entry;
    if (inode !== undefined) this.#linked.add(inode);
    const isHidden = inode !== undefined && this.#hidden.has(entry.target);
    // Its bytes are nobody's else.
    if (isHidden) this.hasRemoved = true;
    return {
      kind: isHidden ? inode.kind : kind,
      size,
      mode,
      uid,
      gid,
      modifiedAt,
      target: isHidden ? '' : entry.target,
      layer: this.#layer,
      index,
      inode,
      bytes: kind === 'file' ? size : 0,
    };
  }

  #hide(entry: LayerEntry, index: number): void {
    if (entry.kind !== 'file' || !entry.path.startsWith(LINKED_FILES)) return;
    this.#take(BYTES_OF_NODE + BYTES_OF_CHILD + entry.path.length);
    this.#hidden.set(entry.path, this.#leafOf('file', entry, index, undefined));
  }

  #add<Added extends Node>(folder: Folder, name: string, node: Added): Added {
    this.#take(BYTES_OF_NODE + BYTES_OF_CHILD + name.length);
    if (folder.children.has(name)) this.hasRemoved = true;
    folder.children.set(name, node);
    return node;
  }

  #whiteout(names: readonly string[], name: string): void {
    const folder = this.#walk(names, false);
    if (folder === undefined) return;
    if (name === OPAQUE) return this.#removeLower(folder);
    const hidden = name.slice(WHITEOUT.length);
    // Names that are no file's.
    if (['', '.', '..'].includes(hidden)) return;
    const node = folder.children.get(hidden);
    if (node !== undefined) this.#remove(folder, hidden, node);
  }

  #remove(folder: Folder, name: string, node: Node): void {
    if (isFolder(node) && node.version === this.#layer && node.isListed) return this.#removeLower(node);
    if (!isFolder(node) && node.layer === this.#layer) return;
    folder.children.delete(name);
    this.hasRemoved = true;
  }

  /** All that is not of this layer. */
  #removeLower(folder: Folder): void {
    for (const [name, node] of folder.children) this.#remove(folder, name, node);
  }

  /** The file of a name, itself a link or not. Undefined if there is none. */
  #findInode(path: string): Leaf | undefined {
    const hidden = this.#hidden.get(path);
    if (hidden !== undefined) return hidden;
    const names = path.split('/');
    const name = names.pop() ?? '';
    const node = this.#walk(names, false)?.children.get(name);
    return node === undefined || isFolder(node) ? undefined : (node.inode ?? node);
  }

  #makeFolder(names: readonly string[]): Folder {
    // Only `make` tells whether it can be undefined.
    return this.#walk(names, true) ?? this.root;
  }

  /**
   * The folder at a path, the layer's own copy of it.
   *
   * @param make it if it is absent, whatever is in the way, and count it as listed
   */
  #walk(names: readonly string[], make: boolean): Folder | undefined {
    const todo = names.toReversed();
    const found = [this.root];
    for (let links = 0, name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === '..' && found.length > 1) found.pop();
      if (name === '' || name === '.' || name === '..') continue;
      const folder = found.at(-1) ?? this.root;
      const node = folder.children.get(name);
      if (isFolder(node)) {
        found.push(this.#own(folder, name, node));
      } else if (node?.kind === 'symlink' && links < MOST_SYMLINKS) {
        links += 1;
        if (node.target.startsWith('/')) found.length = 1;
        for (const each of node.target.split('/').toReversed()) todo.push(each);
      } else if (make) {
        found.push(this.#add(folder, name, folder.makeChild(this.#layer)));
      } else {
        return undefined;
      }
      if (found.length > DEEPEST) throw tooLarge('Its folders are too deep: they are left out.');
    }
    if (make) for (const folder of found) folder.isListed = true;
    return found.at(-1);
  }

  #own(parent: Folder, name: string, folder: Folder): Folder {
    if (folder.version === this.#layer) return folder;
    const copy = this.#copy(folder);
    parent.children.set(name, copy);
    return copy;
  }

  #copy(folder: Folder): Folder {
    this.#take(BYTES_OF_NODE + folder.children.size * BYTES_OF_CHILD);
    return folder.copyFor(this.#layer);
  }

  #take(bytes: number): void {
    this.#budget.left -= bytes;
    if (this.#budget.left < 0)
      throw tooLarge('The image has more files than Berth can show: some are left out.');
  }

  /** Gives the bytes of files whose own name is gone to another of their names. */
  bequeath(heirs: Iterable<readonly [Leaf, readonly string[]]>): void {
    for (const [leaf, names] of heirs) {
      leaf.bytes = leaf.size;
      let folder = this.root;
      for (const name of names.slice(0, -1)) {
        const next = folder.children.get(name);
        if (isFolder(next)) folder = this.#own(folder, name, next);
      }
    }
  }
}

function tooLarge(message: string): RegistryError {
  return new RegistryError('CONTENT_TOO_LARGE', message);
}
