import type { FileEntry } from '../../../registry/api/contract.ts';
import type { Query } from '../../state/api.ts';

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
