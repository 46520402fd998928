import { Pace } from '../../pace.ts';
import { textOf } from '../tar/tar-reader.ts';
import type { ImageTree } from './image-tree.ts';
import { isFolder, leavesOf, type Folder, type Leaf, type Node } from './tree.ts';
import { isoTime, type FileEntry } from './view.ts';

/** As the API's contract has it. */
export interface WastedFile extends FileEntry {
  readonly by: number;
}

export interface WastedFound {
  readonly entries: readonly WastedFile[];
  readonly total: number;
  readonly bytes: number;
}

/** A file that lost a name: where, in which layer, and what stands there since. */
interface Loss {
  readonly path: readonly string[];
  readonly before: Leaf;
  readonly after: Node | undefined;
  readonly by: number;
}

/**
 * The files whose bytes the finished image does not show, the largest first: of one layer, or of all. A file with
 * several names is lost with the last of them. What a layer itself writes twice is in none of its trees, and not here.
 */
export async function findWasted(
  tree: ImageTree,
  most: number,
  { layer, signal }: { layer?: number | undefined; signal?: AbortSignal } = {},
): Promise<WastedFound> {
  const pace = new Pace();
  let seen = 0;
  const rest = async (): Promise<void> => {
    seen += 1;
    if (seen % 256 > 0) return;
    await pace.rest();
    signal?.throwIfAborted();
  };

  const lost = new Map<Leaf, Loss>();
  for (const [by, root] of tree.roots.entries()) {
    for (const loss of losses(tree.roots[by - 1], root, by, [])) {
      await rest();
      const file = inodeOf(loss.before);
      if (file.kind === 'file' && file.size > 0 && (layer === undefined || file.layer === layer))
        lost.set(file, loss);
    }
  }
  const top = tree.roots.at(-1);
  for (const [leaf] of top === undefined || lost.size === 0 ? [] : leavesOf(top)) {
    await rest();
    lost.delete(inodeOf(leaf));
  }

  const all = [...lost].sort(([one], [other]) => other.size - one.size);
  return {
    entries: all.slice(0, most).map(([file, loss]) => wastedFile(file, loss)),
    total: all.length,
    bytes: all.reduce((sum, [{ size }]) => sum + size, 0),
  };
}

/** The files of a folder that a layer took the place of, or took away. */
function* losses(
  before: Folder | undefined,
  after: Folder | undefined,
  by: number,
  path: readonly string[],
): Generator<Loss, void, undefined> {
  for (const [name, old] of before?.children ?? []) {
    const now = after?.children.get(name);
    if (old === now) continue;
    const at = [...path, name];
    if (isFolder(old)) yield* losses(old, isFolder(now) ? now : undefined, by, at);
    else yield { path: at, before: old, after: now, by };
  }
}

function wastedFile(
  { kind, size, mode, uid, gid, modifiedAt, layer }: Leaf,
  { path, after, by }: Loss,
): WastedFile {
  const names = path.map(textOf);
  return {
    path: `/${names.join('/')}`,
    name: names.at(-1) ?? '',
    type: kind,
    change: after === undefined ? 'removed' : 'modified',
    size,
    mode,
    uid,
    gid,
    modifiedAt: isoTime(modifiedAt),
    target: null,
    layer,
    changesBelow: 0,
    children: 0,
    by,
  };
}

const inodeOf = (leaf: Leaf): Leaf => leaf.inode ?? leaf;
