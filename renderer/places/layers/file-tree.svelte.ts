import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { FileEntry, FolderListing } from '../../../registry/api/contract.ts';
import { ApiError, get, isAbort, sentenceOf } from '../../state/api.ts';
import { isChanged, queryOf, type FileRow, type FileView } from './file-view.ts';

const ROOT = '/';

/** The files of one view, a folder at a time: only what somebody opened is read. */
export class FileTree {
  readonly view: FileView;
  readonly folders = new SvelteMap<string, FolderListing | Error>();
  readonly open = new SvelteSet<string>();
  readonly rows: readonly FileRow[] = $derived.by(() => {
    const rows: FileRow[] = [];
    this.#append(ROOT, 0, rows);
    return rows;
  });
  readonly #forgotten: () => void;
  readonly #closed = new AbortController();

  /** `forgotten` is called when the server does not know the files of this image any more. */
  constructor(view: FileView, forgotten: () => void) {
    this.view = view;
    this.#forgotten = forgotten;
  }

  get root(): FolderListing | Error | undefined {
    return this.folders.get(ROOT);
  }

  /** Reads the root, and what was open in the view before. */
  async begin(open: ReadonlySet<string> = new Set()): Promise<void> {
    for (const path of open) this.open.add(path);
    await Promise.all([ROOT, ...open].map((path) => this.#read(path)));
  }

  toggle(path: string): void {
    if (this.open.delete(path)) return;
    this.open.add(path);
    const known = this.folders.get(path);
    if (known === undefined || known instanceof Error) void this.#read(path);
  }

  /** Opens all that leads to a path. */
  async reveal(path: string): Promise<void> {
    const parts = path.split('/').filter(Boolean).slice(0, -1);
    let folder = '';
    for (const part of parts) {
      folder = `${folder}/${part}`;
      if (!this.folders.has(folder)) await this.#read(folder);
      this.open.add(folder);
    }
  }

  close(): void {
    this.#closed.abort();
  }

  async #read(path: string): Promise<void> {
    try {
      const query = { ...queryOf(this.view), path };
      this.folders.set(path, await get<FolderListing>('/api/files', query, this.#closed.signal));
    } catch (error) {
      if (isAbort(error)) return;
      if (error instanceof ApiError && error.code === 'CONFLICT') this.#forgotten();
      else this.folders.set(path, error instanceof Error ? error : new Error(sentenceOf(error)));
    }
  }

  #append(path: string, depth: number, rows: FileRow[]): void {
    const listing = this.folders.get(path);
    if (listing === undefined || listing instanceof Error) {
      if (depth > 0) rows.push(noteRow(path, depth, listing ? sentenceOf(listing) : 'Reading…'));
      return;
    }
    const { changesOnly } = this.view;
    const most = listing.entries.reduce((largest, { size }) => Math.max(largest, size), 1);
    for (const entry of listing.entries) {
      if (changesOnly && !isChanged(entry)) continue;
      const open = entry.type === 'folder' && this.open.has(entry.path);
      rows.push({ entry, depth, open, most });
      if (open) this.#append(entry.path, depth + 1, rows);
    }
    if (listing.truncated)
      rows.push(noteRow(path, depth, 'There are more: only the first 10,000 are shown.'));
  }
}

function noteRow(path: string, depth: number, note: string): FileRow {
  const entry: FileEntry = {
    path: `${path}\u0000`,
    name: note,
    type: 'file',
    change: 'unchanged',
    size: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    modifiedAt: '',
    target: null,
    layer: 0,
    changesBelow: 0,
    children: 0,
  };
  return { entry, depth, open: false, note };
}
