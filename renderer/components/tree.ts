/** One line of a tree of paths: `team/app` lies below `team`. */
export interface TreeRow {
  /** From the root: `team/app`. */
  readonly path: string;
  /** Its last part; of a chain without a fork, all of it: `library/alpine`. */
  readonly name: string;
  readonly depth: number;
  readonly hasChildren: boolean;
  readonly open: boolean;
  /** Whether the path is one of those given, and not only a folder of them. */
  readonly leaf: boolean;
}

interface Node {
  readonly children: Map<string, Node>;
  leaf: boolean;
}

/** The lines of a tree, of which folders are open unless they are in `closed`. */
export function treeRows(paths: readonly string[], closed: ReadonlySet<string>): readonly TreeRow[] {
  const root: Node = { children: new Map(), leaf: false };
  for (const path of paths) {
    let node = root;
    for (const part of path.split('/')) {
      const child = node.children.get(part) ?? { children: new Map(), leaf: false };
      node.children.set(part, child);
      node = child;
    }
    node.leaf = true;
  }
  const rows: TreeRow[] = [];
  append(root, '', 0, closed, rows);
  return rows;
}

function append(
  node: Node,
  above: string,
  depth: number,
  closed: ReadonlySet<string>,
  rows: TreeRow[],
): void {
  for (const [part, child] of node.children) {
    let [name, path, at] = [part, above === '' ? part : `${above}/${part}`, child];
    // A folder with a single thing in it would be a click for nothing.
    while (!at.leaf && at.children.size === 1) {
      const [next] = at.children;
      if (next === undefined) break;
      [name, path, at] = [`${name}/${next[0]}`, `${path}/${next[0]}`, next[1]];
    }
    const hasChildren = at.children.size > 0;
    const open = hasChildren && !closed.has(path);
    rows.push({ path, name, depth, hasChildren, open, leaf: at.leaf });
    if (open) append(at, path, depth + 1, closed, rows);
  }
}
