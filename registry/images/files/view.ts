import { RegistryError } from '../../error.ts';
import { textOf } from '../tar/tar-reader.ts';
import { changeOf, type Change } from './changes.ts';
import type { ImageTree } from './image-tree.ts';
import type { Kind } from './layer-entry.ts';
import { isFolder, type Folder, type Node } from './tree.ts';

/** `merged`: the image as it is after the layer; `layer`: what the layer added, modified and removed. */
export type ViewKind = 'merged' | 'layer';

/** As the API's contract has it. */
export interface FileEntry {
  readonly path: string;
  readonly name: string;
  readonly type: Kind;
  readonly change: Change;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedAt: string;
  readonly target: string | null;
  readonly layer: number;
  readonly changesBelow: number;
  readonly children: number;
}

/** A name in a folder, as it was before a layer and as it is after it; one of them may be absent. */
interface Pair {
  readonly name: string;
  readonly before: Node | undefined;
  readonly after: Node | undefined;
}

/** The files of an image at one of its layers, as people look at them. */
export class View {
  readonly #before: Folder | undefined;
  readonly #after: Folder | undefined;
  readonly #layer: number;
  readonly #kind: ViewKind;

  constructor(tree: ImageTree, layer: number, kind: ViewKind) {
    this.#before = tree.roots[layer - 1];
    this.#after = tree.roots[layer];
    this.#layer = layer;
    this.#kind = kind;
  }

  /**
   * What is in a folder, in order of name.
   *
   * @throws RegistryError NOT_FOUND, REQUEST_INVALID if it is no folder
   */
  list(path: string, most: number): { path: string; entries: FileEntry[]; truncated: boolean } {
    const { pair, path: clean } = this.#find(path);
    const pairs = this.#sorted(pair);
    const entries = pairs.slice(0, most).map((each) => this.#entry(clean, each));
    return { path: clean === '' ? '/' : clean, entries, truncated: pairs.length > most };
  }

  /** All that is below a folder, each folder before what is in it. */
  *walk(path: string): Generator<FileEntry, void, undefined> {
    const { pair, path: clean } = this.#find(path);
    yield* this.#walk(clean, pair);
  }

  *#walk(path: string, folder: Pair): Generator<FileEntry, void, undefined> {
    for (const pair of this.#sorted(folder)) {
      const entry = this.#entry(path, pair);
      yield entry;
      if (isFolder(pair.after) || isFolder(pair.before)) yield* this.#walk(entry.path, pair);
    }
  }

  /** The file at a path of the merged image, to be read. @throws RegistryError NOT_FOUND */
  leaf(path: string): Node {
    const { pair } = this.#find(path, false);
    if (pair.after !== undefined) return pair.after;
    throw notFound(path);
  }

  #find(path: string, asFolder = true): { pair: Pair; path: string } {
    let pair: Pair = { name: '', before: this.#before, after: this.#after };
    let clean = '';
    for (const name of path.split('/').filter((each) => each !== '')) {
      const found = this.#child(pair, name);
      if (found === undefined) throw notFound(path);
      pair = found;
      clean += `/${textOf(found.name)}`;
    }
    const node = pair.after ?? pair.before;
    if (node === undefined && clean !== '') throw notFound(path);
    if (asFolder && node !== undefined && !isFolder(node) && !isFolder(pair.before)) {
      throw new RegistryError('REQUEST_INVALID', `${abridge(clean)} is not a folder.`);
    }
    return { pair, path: clean };
  }

  #child(folder: Pair, text: string): Pair | undefined {
    const name = Buffer.from(text).toString('latin1');
    const exact = this.#pairOf(folder, name);
    if (exact !== undefined) return exact;
    // Bytes that are not UTF-8 came to the client as U+FFFD, and that is how it names them.
    return text.includes('\uFFFD')
      ? this.#pairs(folder).find((each) => textOf(each.name) === text)
      : undefined;
  }

  #pairOf({ before, after }: Pair, name: string): Pair | undefined {
    const pair = {
      name,
      before: isFolder(before) ? before.children.get(name) : undefined,
      after: isFolder(after) ? after.children.get(name) : undefined,
    };
    return this.#shows(pair) ? pair : undefined;
  }

  #shows({ before, after }: Pair): boolean {
    if (this.#kind === 'merged') return after !== undefined;
    if (before === after) return false;
    if (changeOf(before, after) !== 'unchanged') return true;
    return isFolder(after) && this.#changesBelow(after) > 0;
  }

  #pairs(folder: Pair): Pair[] {
    const names = new Set<string>();
    if (isFolder(folder.after)) for (const name of folder.after.children.keys()) names.add(name);
    if (isFolder(folder.before) && this.#kind === 'layer') {
      for (const name of folder.before.children.keys()) names.add(name);
    }
    const pairs: Pair[] = [];
    for (const name of names) {
      const pair = this.#pairOf(folder, name);
      if (pair !== undefined) pairs.push(pair);
    }
    return pairs;
  }

  #sorted(folder: Pair): Pair[] {
    return this.#pairs(folder).sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  #changesBelow(folder: Folder): number {
    return folder.version === this.#layer ? folder.changes : 0;
  }

  #entry(parent: string, { name, before, after }: Pair): FileEntry {
    const node = after ?? before;
    // A pair has one of them at least.
    if (node === undefined) throw notFound(name);
    const text = textOf(name);
    const { mode, uid, gid, layer } = node;
    return {
      path: `${parent}/${text}`,
      name: text,
      type: node.kind,
      change: changeOf(before, after),
      mode,
      uid,
      gid,
      modifiedAt: isoTime(node.modifiedAt),
      target: targetOf(node),
      layer,
      ...this.#numbers(before, after, node),
    };
  }

  #numbers(
    before: Node | undefined,
    after: Node | undefined,
    node: Node,
  ): Pick<FileEntry, 'size' | 'changesBelow' | 'children'> {
    if (!isFolder(node)) {
      return { size: node.size, changesBelow: isFolder(before) ? before.entries : 0, children: 0 };
    }
    const changesBelow = after === undefined ? node.entries : this.#changesBelow(node);
    if (this.#kind === 'merged' || after === undefined) {
      return { size: node.bytes, changesBelow, children: node.children.size };
    }
    return { size: node.changedBytes, changesBelow, children: node.changedChildren };
  }
}

function targetOf(node: Node): string | null {
  if (node.kind === 'symlink') return textOf(node.target);
  return node.kind === 'hardlink' ? `/${textOf(node.target)}` : null;
}

const LATEST_SECOND = 8.64e12;

/** A layer may say anything of a time; what is no date is shown as the first one that there is. */
export function isoTime(seconds: number): string {
  return new Date(Math.abs(seconds) <= LATEST_SECOND ? seconds * 1000 : 0).toISOString();
}

function notFound(path: string): RegistryError {
  return new RegistryError('NOT_FOUND', `There is no ${abridge(path)} in this layer of the image.`);
}

function abridge(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
