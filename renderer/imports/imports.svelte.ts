import type { FileJob } from '../../main/bridge.ts';
import type { StagedImport } from '../../registry/api/contract.ts';
import { get, sentenceOf } from '../state/api.ts';
import { bridge } from '../state/bridge.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { packFolder } from './folder.ts';
import { ImportItem, offerToTakeBack } from './import-item.svelte.ts';
import { upload } from './upload.ts';

/** The archives that were dropped, chosen or opened, in the order in which they came. */
export class Imports {
  items = $state.raw<readonly ImportItem[]>([]);
  open = $state(false);
  /** Comes into sight, with the focus on its first name. */
  reviewed = $state.raw<ImportItem>();
  readonly #byJob = new Map<string, ImportItem>();
  #uploading = false;

  /** How many were read and wait for somebody to say what becomes of them. */
  get asking(): number {
    return this.items.filter(({ state }) => state === 'staged').length;
  }

  /** Those that can be imported as they are. */
  get ready(): readonly ImportItem[] {
    return this.items.filter(({ state, chosen }) => state === 'staged' && chosen.length > 0);
  }

  /** Imports them one after the other, to be taken back together. */
  async importReady(): Promise<void> {
    const done: ImportItem[] = [];
    for (const item of this.ready) if (await item.bringIn()) done.push(item);
    if (done.length > 0) offerToTakeBack(done);
  }

  /** Learns what waits, and listens to what the desktop reads; returns how to end it. */
  follow(): () => void {
    void this.#readWaiting();
    if (bridge === undefined) return () => undefined;
    void bridge.files.list().then((all) => {
      for (const job of all) if (job.state !== 'cancelled') this.#takeImport(job);
      return all;
    });
    return bridge.files.onChange((job) => this.#takeImport(job));
  }

  show(): void {
    this.open = true;
    void this.#readWaiting();
  }

  /** Opens what is inside one that waits, by the job that has read it. */
  async review(job: string): Promise<void> {
    this.open = true;
    if (!this.#byJob.has(job)) for (const each of (await bridge?.files.list()) ?? []) this.#takeImport(each);
    this.reviewed = this.#byJob.get(job);
    await this.#readWaiting();
  }

  /** @param folders those among them that are none */
  async add(
    files: readonly File[],
    folders: ReadonlyMap<File, FileSystemDirectoryEntry> = new Map(),
  ): Promise<void> {
    if (files.length === 0) return;
    this.open = true;
    for (const file of files) {
      try {
        if (bridge) await this.#hand(file, bridge);
        else this.#queue(file, folders.get(file));
      } catch (error) {
        // Not a file of this machine's disk: its bytes are here all the same.
        if (file.size > 0) this.#queue(file);
        else toasts.show(sentenceOf(error), { tone: 'danger' });
      }
    }
  }

  /** The system's dialog, in the desktop app. */
  async choose(): Promise<void> {
    for (const job of (await bridge?.files.chooseImports()) ?? []) this.#take(job);
  }

  /** Stops what has not ended, which then says so; takes away what has. */
  remove(item: ImportItem): void {
    if (item.ended) this.items = this.items.filter((each) => each !== item);
    else void item.discard();
  }

  clear(): void {
    this.items = this.items.filter(({ ended }) => !ended);
    if (this.items.length === 0) this.open = false;
  }

  #queue(file: File, folder?: FileSystemDirectoryEntry): void {
    const item = new ImportItem(file.name, folder ? 0 : file.size);
    this.items = [...this.items, item];
    this.#sources.set(item, folder ?? file);
    item.again = () => {
      item.reset();
      void this.#next();
    };
    void this.#next();
  }

  readonly #sources = new WeakMap<ImportItem, File | FileSystemDirectoryEntry>();

  /** To the desktop, which reads it off the disk. */
  async #hand(file: File, desktop: NonNullable<typeof bridge>): Promise<void> {
    const item = this.#take(await desktop.files.importFile(file));
    item.again = () => {
      this.remove(item);
      void this.add([file]);
    };
  }

  /** One after the other: the disk is the same for all. */
  async #next(): Promise<void> {
    if (this.#uploading) return;
    const item = this.items.find((each) => each.state === 'waiting' && this.#sources.has(each));
    const source = item && this.#sources.get(item);
    if (item === undefined || source === undefined) return;
    this.#uploading = true;
    await this.#read(source, item);
    this.#uploading = false;
    await this.#next();
  }

  async #read(source: File | FileSystemDirectoryEntry, item: ImportItem): Promise<void> {
    if (source instanceof File) return upload(source, item);
    item.begin();
    const isWanted = () => item.state === 'reading';
    try {
      const packed = await packFolder(source, isWanted);
      item.total = packed.size;
      if (isWanted()) await upload(packed, item);
    } catch (error) {
      if (isWanted()) item.fail(error);
    }
  }

  /** Those that wait in the registry: of another window, or of this one before it was read anew. */
  async #readWaiting(): Promise<void> {
    let waiting: readonly StagedImport[];
    try {
      ({ imports: waiting } = await get<{ imports: readonly StagedImport[] }>('/api/imports'));
    } catch {
      // Those that are known are there all the same, and each says itself what fails.
      return;
    }
    // The upload of one that is being read may just have ended there.
    if (this.items.some(({ state }) => state === 'reading')) return;
    const ids = new Set<string | undefined>(waiting.map(({ id }) => id));
    this.items = this.items.filter((item) => !item.isFound || item.state !== 'staged' || ids.has(item.id));
    const known = new Set(this.items.map(({ id }) => id));
    const found = waiting.filter(({ id }) => !known.has(id));
    this.items = [...found.map((staged) => ImportItem.found(staged)), ...this.items];
  }

  #takeImport(job: FileJob): void {
    if (job.kind === 'import') this.#take(job);
  }

  #take(job: FileJob): ImportItem {
    let item = this.#byJob.get(job.id);
    if (item === undefined) {
      item = new ImportItem(job.name, job.total ?? 0);
      item.stop = () => void bridge?.files.cancel(job.id);
      this.#byJob.set(job.id, item);
      this.items = [...this.items, item];
      this.open = true;
    }
    if (item.state !== 'waiting' && item.state !== 'reading') return item;
    item.done = job.done;
    item.total = job.total ?? item.total;
    if (job.state === 'running') {
      if (item.state === 'waiting') item.begin();
    } else if (job.state === 'staged' && job.staged) {
      const { id } = job.staged;
      this.items = this.items.filter((each) => !each.isFound || each.id !== id);
      item.stage(job.staged);
    } else if (job.state === 'failed') item.fail(new Error(job.error ?? 'The archive could not be read.'));
    else if (job.state === 'cancelled') item.state = 'cancelled';
    else if (job.result) {
      item.result = job.result;
      item.state = 'done';
    }
    return item;
  }
}

export const imports = new Imports();
