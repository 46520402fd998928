import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { measureFolder } from '../disk/folder-use.ts';
import type { Store } from '../images/store.ts';
import { ContentShares } from './content-shares.ts';
import { findOwners } from './ownership.ts';
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

/** A file system: what is used, what others use, what it reserves and what is free add up to the total. */
export interface FileSystemShares {
  readonly total: number;
  readonly free: number;
  /** Free as well, but only for the file system itself and for the administrator. */
  readonly reserved: number;
  readonly used: number;
  readonly others: number;
}

export interface DiskFigures extends FileSystemShares {
  readonly parts: FolderParts;
  readonly content: ContentShares;
}

/** Nobody needs figures that are newer than this while nothing changes. */
const FRESH_MS = 5000;

/** Where it takes long to measure, it is done for at most so large a part of the time, and figures may be this old. */
const SHARE = 10;
const OLDEST_MS = 60_000;
const SLOW_MS = 500;

type Figures = Pick<DiskFigures, 'parts' | 'content'>;

interface Measured {
  readonly figures: Figures;
  readonly version: number;
  /** How many reclaims had come to an end. */
  readonly reclaims: number;
  readonly time: number;
  /** Milliseconds that it took. */
  readonly effort: number;
}

/**
 * What uses the disk. To measure it every file is looked at: that is done once for several who ask, and anew when
 * the catalog has changed or some seconds are over; of a very large folder not each time, but always after a
 * reclaim.
 */
export class DiskMeter {
  readonly #store: Store;
  readonly #reclaimer: Reclaimer;
  readonly #folder: string;
  #measuring: Promise<Measured> | undefined;
  #measured: Measured | undefined;
  readonly #listeners: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, reclaimer: Reclaimer) {
    this.#store = store;
    this.#reclaimer = reclaimer;
    this.#folder = dirname(store.blobs.folder);
  }

  /** Of now, or of a large folder a little earlier: then whoever listens is told when it is worth asking again. */
  async read(): Promise<DiskFigures> {
    const { figures } = await this.#find();
    const used = Object.values(figures.parts).reduce((sum, bytes) => sum + bytes, 0);
    return { ...shareOut(await statfs(this.#folder), used), ...figures };
  }

  /** Calls `listener` when figures that were given are out of date, and new ones can be had. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
    this.#reclaimer.subscribe(listener);
  }

  async #find(): Promise<Measured> {
    const { version } = this.#store.ledger.catalog;
    const { ended } = this.#reclaimer;
    let found = this.#isGood() && this.#measured !== undefined ? this.#measured : await this.#measure();
    // What was being measured already may not have seen what whoever asks knows of.
    const isBehind = found.version < version || found.reclaims < ended;
    if (isBehind && found.effort <= SLOW_MS) found = await this.#measure();
    else if (isBehind) this.#tellLater(found);
    return found;
  }

  #tellLater({ time, effort }: Measured): void {
    if (this.#timer !== undefined) return;
    const due = Math.max(0, time + pauseAfter(effort) - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const listener of this.#listeners) listener();
    }, due).unref();
  }

  #isGood(): boolean {
    if (this.#measured === undefined) return false;
    const { version, reclaims, time, effort } = this.#measured;
    if (reclaims !== this.#reclaimer.ended) return false;
    const age = performance.now() - time;
    if (age < pauseAfter(effort)) return true;
    return version === this.#store.ledger.catalog.version && age < FRESH_MS;
  }

  async #measure(): Promise<Measured> {
    this.#measuring ??= this.#measureOnce().finally(() => {
      this.#measuring = undefined;
    });
    return await this.#measuring;
  }

  async #measureOnce(): Promise<Measured> {
    const { version } = this.#store.ledger.catalog;
    const reclaims = this.#reclaimer.ended;
    const began = performance.now();
    const figures = await this.#measureAll();
    const time = performance.now();
    this.#measured = { figures, version, reclaims, time, effort: time - began };
    return this.#measured;
  }

  async #measureAll(): Promise<Figures> {
    const plan = await this.#reclaimer.plan(false);
    const shares = new ContentShares(await findOwners(this.#store), plan);
    const parts = await measureFolder(this.#folder, (path, bytes) => shares.add(path, bytes));
    const take = (name: string): number => {
      const bytes = parts.get(name) ?? 0;
      parts.delete(name);
      return bytes;
    };
    const { total: content } = shares;
    // Folders take room, too.
    const rest = take('blobs') - content;
    const [uploads, journal] = [take('uploads'), take('journal')];
    const [cache, quarantine] = [take('cache'), take('quarantine')];
    const other = [...parts.values()].reduce((sum, bytes) => sum + bytes, rest);
    return { parts: { content, uploads, journal, cache, quarantine, other }, content: shares };
  }
}

/** @param used bytes that are ours */
export function shareOut(
  { blocks, bfree, bavail, bsize }: Pick<StatsFs, 'blocks' | 'bfree' | 'bavail' | 'bsize'>,
  used: number,
): FileSystemShares {
  const reserved = Math.max(0, bfree - bavail) * bsize;
  // Some file systems over a network say nothing of their size.
  const others = Math.max(0, (blocks - bfree) * bsize - used);
  return { total: blocks * bsize, free: bavail * bsize, reserved, used, others };
}

/** Milliseconds for which figures are good whatever changes: none where they are quickly had. */
function pauseAfter(effort: number): number {
  return effort > SLOW_MS ? Math.min(effort * SHARE, OLDEST_MS) : 0;
}
