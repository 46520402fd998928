import type { FileJob } from '../../main/bridge.ts';
import { sentenceOf } from '../state/api.ts';
import { bridge } from '../state/bridge.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { ImportItem } from './import-item.svelte.ts';
import { upload } from './upload.ts';

/** The archives that were dropped, chosen or opened, the newest first. */
export class Imports {
  items = $state.raw<readonly ImportItem[]>([]);
  open = $state(false);
  readonly #byJob = new Map<string, ImportItem>();
  #uploading = false;

  get running(): number {
    return this.items.filter(({ ended }) => !ended).length;
  }

  /** Listens to what the desktop reads; returns how to end it. */
  follow(): () => void {
    if (bridge === undefined) return () => undefined;
    void bridge.files.list().then((all) => {
      for (const job of all) if (job.kind === 'import' && job.state !== 'cancelled') this.#take(job);
      return all;
    });
    return bridge.files.onChange((job) => job.kind === 'import' && this.#take(job));
  }

  show(): void {
    this.open = true;
  }

  async add(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    this.open = true;
    for (const file of files) {
      try {
        if (bridge) this.#take(await bridge.files.importFile(file));
        else this.#queue(file);
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

  remove(item: ImportItem): void {
    if (!item.ended) void item.discard();
    this.items = this.items.filter((each) => each !== item);
  }

  clear(): void {
    this.items = this.items.filter(({ ended }) => !ended);
    if (this.items.length === 0) this.open = false;
  }

  #queue(file: File): void {
    const item = new ImportItem(file.name, file.size);
    this.items = [item, ...this.items];
    this.#files.set(item, file);
    void this.#next();
  }

  readonly #files = new Map<ImportItem, File>();

  /** One after the other: the disk is the same for all. */
  async #next(): Promise<void> {
    if (this.#uploading) return;
    const item = this.items.findLast(({ state }) => state === 'waiting');
    const file = item && this.#files.get(item);
    if (item === undefined || file === undefined) return;
    this.#uploading = true;
    this.#files.delete(item);
    await upload(file, item);
    this.#uploading = false;
    await this.#next();
  }

  #take(job: FileJob): void {
    let item = this.#byJob.get(job.id);
    if (item === undefined) {
      item = new ImportItem(job.name, job.total ?? 0);
      item.stop = () => void bridge?.files.cancel(job.id);
      this.#byJob.set(job.id, item);
      this.items = [item, ...this.items];
      this.open = true;
    }
    if (item.state !== 'waiting' && item.state !== 'reading') return;
    item.done = job.done;
    item.total = job.total ?? item.total;
    if (job.state === 'running') item.state = 'reading';
    else if (job.state === 'staged' && job.staged) item.stage(job.staged);
    else if (job.state === 'failed') item.fail(new Error(job.error ?? 'The archive could not be read.'));
    else if (job.state === 'cancelled') item.state = 'cancelled';
    else if (job.result) {
      item.result = job.result;
      item.state = 'done';
    }
  }
}

export const imports = new Imports();
