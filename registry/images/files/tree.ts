import type { Kind, LayerEntry } from './layer-entry.ts';

/** Anything but a folder. Never changed once its layer is complete, because the trees of later layers share it. */
export interface Leaf {
  readonly kind: Exclude<Kind, 'folder'>;
  /** Of a hard link, those of the file that it names. */
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedAt: number;
  readonly target: string;
  /** Index of the layer that it comes from, and its place among the entries there. */
  readonly layer: number;
  readonly index: number;
  /** Of a hard link, the file, whatever name that has by now; undefined if there was none. */
  readonly inode: Leaf | undefined;
  /** What it adds to the folders above: a file with several names adds to the folders of one of them. */
  bytes: number;
}

const SETGID = 0o2000;

/** A folder as it is after one layer. A layer that changes it makes a copy, so that all layers can be looked at. */
export class Folder {
  readonly kind = 'folder';
  readonly children: Map<string, Node>;
  mode = 0o755;
  uid = 0;
  gid = 0;
  modifiedAt = 0;
  /** Index of the layer that set the attributes; of the one that made it necessary if none did. */
  layer: number;
  /** Index of the layer whose copy this is. */
  readonly version: number;
  /** The layer lists it, or something below: its own whiteouts do not remove it. */
  isListed = false;
  /** Of all that is below. */
  entries = 0;
  bytes = 0;
  /** What the layer of this version did below: how many changes, the bytes it holds there, and changed children. */
  changes = 0;
  changedBytes = 0;
  changedChildren = 0;

  constructor(layer: number, children = new Map<string, Node>()) {
    this.layer = layer;
    this.version = layer;
    this.children = children;
  }

  copyFor(layer: number): Folder {
    const copy = new Folder(layer, new Map(this.children));
    copy.mode = this.mode;
    copy.uid = this.uid;
    copy.gid = this.gid;
    copy.modifiedAt = this.modifiedAt;
    copy.layer = this.layer;
    return copy;
  }

  /** One that no entry describes: as everywhere in Linux, its group comes down from a folder with setgid. */
  makeChild(layer: number): Folder {
    const child = new Folder(layer);
    child.mode |= this.mode & SETGID;
    if (child.mode & SETGID) child.gid = this.gid;
    return child;
  }

  describe({ mode, uid, gid, modifiedAt }: LayerEntry, layer: number): void {
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.modifiedAt = modifiedAt;
    this.layer = layer;
  }
}

export type Node = Leaf | Folder;

export function isFolder(node: Node | undefined): node is Folder {
  return node?.kind === 'folder';
}

/** Every leaf below, with its path. */
export function* leavesOf(
  folder: Folder,
  names: readonly string[] = [],
): Generator<[Leaf, readonly string[]]> {
  for (const [name, node] of folder.children) {
    if (isFolder(node)) yield* leavesOf(node, [...names, name]);
    else yield [node, [...names, name]];
  }
}
