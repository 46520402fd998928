import type { FileEntry, WastedFile } from '../../../registry/api/contract.ts';
import { withQuery, type Query } from '../../state/api.ts';

/** `wasted`: instead of what the image shows, what it does not show. */
export type FilesShown = 'merged' | 'layer' | 'wasted';

/** Which files of an image are shown. */
export interface FileView {
  readonly repository: string;
  readonly digest: string;
  /** Index of a layer; null for the finished image. */
  readonly layer: number | null;
  /** `merged`: as the image is after that layer; `layer`: what that layer alone holds. */
  readonly view: 'merged' | 'layer';
  readonly changesOnly: boolean;
}

/** A line of the tree, or of what was found. */
export interface FileRow {
  readonly entry: FileEntry;
  readonly depth: number;
  readonly open: boolean;
  /** Bytes of the largest beside it, which has a whole bar. */
  readonly most?: number;
  /** Instead of an entry: what is below a folder is being read, or could not be, or is more than is shown. */
  readonly note?: string;
}

export function queryOf({ repository, digest, layer, view }: FileView): Query {
  return { repository, digest, layer, view: layer === null ? 'merged' : view };
}

export const isChanged = ({ change, changesBelow }: FileEntry): boolean =>
  change !== 'unchanged' || changesBelow > 0;

/** Whether it has content of its own. */
export const isReadable = ({ type }: FileEntry): boolean => type === 'file' || type === 'hardlink';

/** Index of the layer that removed or replaced what one looks at; null for what is still there. */
export function hiddenBy(entry: FileEntry | WastedFile, { layer }: FileView): number | null {
  if ('by' in entry) return entry.by;
  return entry.change === 'removed' ? layer : null;
}

/** Where its content is: after the layer that is looked at, or before the one that hides it. */
export function contentOf(entry: FileEntry | WastedFile, shown: FileView): string {
  const { repository, digest, layer } = shown;
  const by = hiddenBy(entry, shown);
  const query = { repository, digest, layer: by === null ? layer : by - 1, path: entry.path };
  return withQuery('/api/files/content', query);
}

/** `rwxr-xr-x` */
export function permissionsOf(mode: number): string {
  const bits = Array.from('rwxrwxrwx', (letter, index) => (mode & (1 << (8 - index)) ? letter : '-'));
  const special = [mode & 0o4000, mode & 0o2000, mode & 0o1000];
  for (const [index, set] of special.entries()) {
    const at = index * 3 + 2;
    const [low, high] = index === 2 ? ['t', 'T'] : ['s', 'S'];
    if (set) bits[at] = bits[at] === 'x' ? low : high;
  }
  return bits.join('');
}

/** For ears: what eyes see by its icon, its colour and its sign. */
export function heardOf({ type, change, changesBelow }: FileEntry): string {
  const words = [
    type === 'file' ? '' : type,
    change === 'unchanged' ? '' : change,
    changesBelow > 0 ? `${changesBelow} changed below` : '',
  ];
  return words.filter(Boolean).join(', ');
}
