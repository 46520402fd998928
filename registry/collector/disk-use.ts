import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { measureFolder } from '../disk/folder-use.ts';
import type { Store } from '../images/store.ts';
import type { Reclaimer } from './reclaimer.ts';

/** Bytes of the data folder, by what they are for. */
export interface FolderParts {
  readonly content: number;
  readonly uploads: number;
  readonly journal: number;
  readonly cache: number;
  readonly quarantine: number;
  readonly other: number;
}

export interface DiskFigures {
  /** Of the file system. */
  readonly total: number;
  readonly free: number;
  readonly parts: FolderParts;
  /** What a reclaim would free now, and what only the trash keeps. */
  readonly reclaimable: number;
  readonly trash: number;
}

/** Nobody needs figures that are newer than this while nothing changes. */
const FRESH_MS = 5000;

type Measured = Omit<DiskFigures, 'total' | 'free'>;

/**
 * What uses the disk. To measure it every file is looked at: that is done once for several who ask, and anew only
 * when it is some seconds old or the catalog has changed.
 */
export class DiskMeter {
  readonly #store: Store;
  readonly #reclaimer: Reclaimer;
  readonly #folder: string;
  #measuring: Promise<Measured> | undefined;
  #measured: { figures: Measured; version: number; time: number } | undefined;

  constructor(store: Store, reclaimer: Reclaimer) {
    this.#store = store;
    this.#reclaimer = reclaimer;
    this.#folder = dirname(store.blobs.folder);
  }

  async read(): Promise<DiskFigures> {
    const { bavail, blocks, bsize } = await statfs(this.#folder);
    const { version } = this.#store.ledger.catalog;
    const last = this.#measured;
    const isFresh =
      last !== undefined && last.version === version && performance.now() - last.time < FRESH_MS;
    const measured = isFresh ? last.figures : await this.#measure(version);
    return { total: blocks * bsize, free: bavail * bsize, ...measured };
  }

  async #measure(version: number): Promise<Measured> {
    this.#measuring ??= this.#measureAll().finally(() => {
      this.#measuring = undefined;
    });
    const figures = await this.#measuring;
    this.#measured = { figures, version, time: performance.now() };
    return figures;
  }

  async #measureAll(): Promise<Measured> {
    const [parts, plan] = await Promise.all([measureFolder(this.#folder), this.#reclaimer.plan(false)]);
    const take = (name: string): number => {
      const bytes = parts.get(name) ?? 0;
      parts.delete(name);
      return bytes;
    };
    const [content, uploads, journal] = [take('blobs'), take('uploads'), take('journal')];
    const [cache, quarantine] = [take('cache'), take('quarantine')];
    const other = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
    return {
      parts: { content, uploads, journal, cache, quarantine, other },
      reclaimable: plan.bytes,
      trash: plan.trashBytes,
    };
  }
}
