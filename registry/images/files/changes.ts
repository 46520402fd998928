import { isFolder, type Folder, type Node } from './tree.ts';

export type Change = 'added' | 'modified' | 'removed' | 'unchanged';

export interface Counts {
  added: number;
  modified: number;
  removed: number;
}

/**
 * What a layer made of a path. A file or link that the layer lists is modified even if it is as it was: its bytes
 * are in the image twice. A folder is modified only if its owner or mode is another: archives list the folders
 * above each file, and the time of a folder changes with everything in it.
 */
export function changeOf(before: Node | undefined, after: Node | undefined): Change {
  if (after === undefined) return 'removed';
  if (before === undefined) return 'added';
  if (before === after) return 'unchanged';
  if (!isFolder(before) || !isFolder(after)) return 'modified';
  const isSame = before.mode === after.mode && before.uid === after.uid && before.gid === after.gid;
  return isSame ? 'unchanged' : 'modified';
}

/** Adds up what is below each folder that a layer has made or copied. */
export function addUp(folder: Folder): void {
  let [entries, bytes] = [0, 0];
  for (const node of folder.children.values()) {
    entries += 1;
    if (!isFolder(node)) {
      bytes += node.bytes;
      continue;
    }
    if (node.version === folder.version) addUp(node);
    entries += node.entries;
    bytes += node.bytes;
  }
  folder.entries = entries;
  folder.bytes = bytes;
}

/**
 * Notes in each folder of the layer what it changed below, and counts all of it. Only folders that the layer has
 * copied can differ, so that this takes as long as the layer is large, not as the image is.
 */
export function compare(before: Folder | undefined, after: Folder, counts: Counts): void {
  if (before === after) return;
  let [changes, bytes, children] = [0, 0, 0];
  for (const [name, node] of after.children) {
    const old = before?.children.get(name);
    if (old === node) continue;
    const change = changeOf(old, node);
    let below = 0;
    if (change === 'added') counts.added += 1;
    if (change === 'modified') counts.modified += 1;
    if (isFolder(node)) {
      compare(isFolder(old) ? old : undefined, node, counts);
      below = node.changes;
      bytes += node.changedBytes;
    } else {
      bytes += node.bytes;
      below = isFolder(old) ? old.entries : 0;
      counts.removed += below;
    }
    const own = change === 'unchanged' ? 0 : 1;
    changes += own + below;
    if (own + below > 0) children += 1;
  }
  for (const [name, node] of before?.children ?? []) {
    if (after.children.has(name)) continue;
    const gone = 1 + (isFolder(node) ? node.entries : 0);
    counts.removed += gone;
    changes += gone;
    children += 1;
  }
  after.changes = changes;
  after.changedBytes = bytes;
  after.changedChildren = children;
}
