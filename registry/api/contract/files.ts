/**
 * What the layers of an image hold. `POST /api/files/read` with `{"repository","digest"}` (of an image manifest)
 * answers 202 and a job of kind `read files`, whose unit is compressed bytes; or 200 and that job, done, when all of
 * it is in the cache. After that the lists below are answered, until the cache forgets them: then 409 CONFLICT.
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
  /** Bytes of its files that the finished image does not show, because they are replaced or removed. */
  readonly wasted: number;
  /** Why it could not be read (not a tar, encrypted, absent), or not to its end, for people; null if it could. */
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

/**
 * `GET /api/files/search?repository=&digest=&q=&layer=&view=&limit=`: those whose name has the text in it, whatever its
 * case; with a slash in the text, whose path has. 100 of them, or `limit`, which is 1,000 at the most.
 *
 * `GET /api/files/tree?repository=&digest=&path=&layer=&view=`: everything below a folder, each folder before what is in
 * it, as lines of JSON (`application/x-ndjson`), each a `FileEntry`.
 *
 * `GET /api/files/content?repository=&digest=&path=&layer=`: the bytes of one file of the merged image, to be saved.
 */
export interface FileSearch {
  readonly entries: readonly FileEntry[];
  readonly total: number;
}

/**
 * `GET /api/files/wasted?repository=&digest=&layer=&limit=`: the files whose bytes the finished image does not show, the
 * largest first, of one layer or of all; as many as in a search. What one layer itself writes twice is not among them.
 */
export interface WastedFiles {
  readonly entries: readonly WastedFile[];
  readonly total: number;
  /** Of all of them. */
  readonly bytes: number;
}

/** `change` is what became of it, `layer` the one that holds its bytes. */
export interface WastedFile extends FileEntry {
  /** Index of the layer that replaced or removed it; after the one before it the image still shows it. */
  readonly by: number;
}

export interface FileEntry {
  /** Absolute; bytes that are not UTF-8 are shown as U+FFFD. */
  readonly path: string;
  readonly name: string;
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'device' | 'fifo';
  /** What the layer did to it. In `layer` only folders are `unchanged`, those that lead to changes. */
  readonly change: 'added' | 'modified' | 'removed' | 'unchanged';
  /**
   * Bytes; of a folder, all that is below it: in `layer`, what the layer holds there. A file with several names
   * counts in the folders of one of them.
   */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** ISO 8601. */
  readonly modifiedAt: string;
  /** Of a symlink as it stands, of a hard link the absolute path that the layer names. */
  readonly target: string | null;
  /** Index of the layer that it comes from. */
  readonly layer: number;
  /** Of a folder: entries below it that the layer added, modified or removed. */
  readonly changesBelow: number;
  readonly children: number;
}
