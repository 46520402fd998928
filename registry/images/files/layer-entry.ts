import type { TarEntry } from '../tar/tar-reader.ts';

export const KINDS = ['file', 'folder', 'symlink', 'hardlink', 'device', 'fifo'] as const;
export type Kind = (typeof KINDS)[number];

/** What a layer says of one path, whiteouts included. */
export interface LayerEntry {
  /** Within the image, without a slash at either end: `etc/passwd`; empty for the root. Bytes, a character each. */
  readonly path: string;
  readonly kind: Kind;
  /** Bytes of a file; 0 for all else. */
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** Of a symlink as it stands, of a hard link a path like `path`. Empty for all else. */
  readonly target: string;
}

const KIND_OF: Partial<Readonly<Record<TarEntry['type'], Kind>>> = {
  file: 'file',
  folder: 'folder',
  symlink: 'symlink',
  'hard link': 'hardlink',
  'character device': 'device',
  'block device': 'device',
  fifo: 'fifo',
};

/** Undefined for what makes no file: labels of volumes, and the like. */
export function layerEntryOf(entry: TarEntry): LayerEntry | undefined {
  const kind = KIND_OF[entry.type];
  if (kind === undefined) return undefined;
  const target = kind === 'hardlink' ? cleanPath(entry.rawLink) : kind === 'symlink' ? entry.rawLink : '';
  return {
    path: cleanPath(entry.rawName),
    kind,
    size: kind === 'file' ? entry.size : 0,
    mode: entry.mode,
    uid: Math.max(0, entry.uid),
    gid: Math.max(0, entry.gid),
    modifiedAt: Math.floor(entry.modifiedAt / 1000),
    target,
  };
}

/** `./a//b/` and `/a/../a/b` are `a/b`; nothing is above the root, so that `../a` is `a`. */
export function cleanPath(path: string): string {
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return path;
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}
