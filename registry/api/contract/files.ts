/**
 * What the layers of an image hold. `POST /api/files/read` with `{"repository","digest"}` (of an image manifest)
 * answers 202 and a job of kind `read files`, whose unit is compressed bytes; or 200 and that job when all of it
 * is in the cache. After that the lists below are answered, until the cache forgets them: then 409 CONFLICT.
 */
export interface FilesRead {
  readonly layers: readonly LayerFiles[];
}

export interface LayerFiles {
  readonly digest: string;
  /** Bytes of the files in it, uncompressed. */
  readonly size: number;
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  /** Bytes that later layers replace or remove: they are in the image, and nobody sees them. */
  readonly wasted: number;
  /** Why it could not be read (not a tar, encrypted, absent), for people; null if it could. */
  readonly problem: string | null;
}

/**
 * `GET /api/files?repository=&digest=&path=/etc&layer=2&view=merged|layer`: what is in one folder.
 * `merged` is the image as it is after that layer (default: the last), `layer` only what that layer holds.
 */
export interface FolderListing {
  readonly path: string;
  readonly entries: readonly FileEntry[];
  /** Whether there are more than the 10,000 that are given. */
  readonly truncated: boolean;
}

/** `GET /api/files/search?repository=&digest=&q=&layer=&limit=` */
export interface FileSearch {
  readonly entries: readonly FileEntry[];
  readonly total: number;
}

export interface FileEntry {
  /** Absolute; bytes that are not UTF-8 are shown as U+FFFD. */
  readonly path: string;
  readonly name: string;
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'device' | 'fifo';
  /** What the layer did to it; `unchanged` only in `merged`. */
  readonly change: 'added' | 'modified' | 'removed' | 'unchanged';
  /** Bytes; of a folder, all that is below it. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** ISO 8601. */
  readonly modifiedAt: string;
  /** Of a link. */
  readonly target: string | null;
  /** Index of the layer that it comes from. */
  readonly layer: number;
  /** Of a folder: entries below it that the layer added, modified or removed. */
  readonly changesBelow: number;
  readonly children: number;
}
