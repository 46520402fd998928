import { mkdir, readdir, readFile, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../error.ts';
import { algorithmOf, hexOf, isDigest, type Digest } from '../../reference.ts';
import { decodeListing, encodeListing, type Listing } from './listing.ts';
import { blobPath } from './read-layer.ts';

/** Bytes that all listings together may take. */
export const LARGEST_CACHE = 512 << 20;

const NAME = /^(sha256|sha512)-([a-f0-9]+)$/;

/**
 * Listings of layers, `cache/files/<algorithm>-<hex>`, so that no layer is read twice. All of it may be removed at
 * any time: what is not here, or is damaged, is made again. Failing to keep one is no failure of anything else.
 */
export class ListingCache {
  readonly #folder: string;
  readonly #blobs: string;
  readonly #limit: number;

  /** @param blobs `blobs/`: a listing whose layer is gone goes too */
  constructor(folder: string, blobs: string, limit = LARGEST_CACHE) {
    this.#folder = folder;
    this.#blobs = blobs;
    this.#limit = limit;
  }

  async find(digest: Digest): Promise<Listing | undefined> {
    const path = this.#path(digest);
    try {
      const listing = decodeListing(digest, await readFile(path));
      if (listing === undefined) await rm(path, { force: true });
      // Which one was used last, also on a disk that does not note when files are read.
      else await utimes(path, new Date(), new Date());
      return listing;
    } catch (error) {
      if (systemCode(error) === undefined && !(error instanceof SyntaxError)) throw error;
      return undefined;
    }
  }

  async has(digest: Digest): Promise<boolean> {
    try {
      return (await stat(this.#path(digest))).size > 0;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    }
  }

  /** Keeps a listing, and forgets those that were not used for the longest time if there are too many then. */
  async keep(digest: Digest, listing: Listing): Promise<void> {
    const path = this.#path(digest);
    const temporary = `${path}.new`;
    try {
      await mkdir(this.#folder, { recursive: true });
      if (!(await hasRoom(this.#folder, listing.packed.length))) return;
      await writeFile(temporary, encodeListing(digest, listing));
      // Not synced: a file that a crash leaves torn has the wrong hash, and is made again.
      await rename(temporary, path);
      await this.trim();
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /** Removes what a crash left, what belongs to layers that are gone, and the oldest of what is too much. */
  async trim(): Promise<void> {
    const files: { path: string; size: number; usedAt: number }[] = [];
    for (const name of await this.#names()) {
      const path = join(this.#folder, name);
      if (await this.#belongs(name)) {
        const { size, mtimeMs } = await stat(path);
        files.push({ path, size, usedAt: mtimeMs });
      } else {
        await rm(path, { recursive: true, force: true });
      }
    }
    files.sort((one, other) => other.usedAt - one.usedAt);
    let bytes = 0;
    for (const { path, size } of files) {
      bytes += size;
      if (bytes > this.#limit) await rm(path, { force: true });
    }
  }

  async #belongs(name: string): Promise<boolean> {
    const [, algorithm = '', hex = ''] = NAME.exec(name) ?? [];
    const digest = `${algorithm}:${hex}`;
    if (!isDigest(digest)) return false;
    try {
      await stat(blobPath(this.#blobs, digest));
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  #path(digest: Digest): string {
    return join(this.#folder, `${algorithmOf(digest)}-${hexOf(digest)}`);
  }
}

/** As much as Berth leaves free of a disk by default: none of that is for what can be made again. */
const RESERVE = 512 << 20;
const RESERVE_SHARE = 0.05;

async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  const { bavail, blocks, bsize } = await statfs(folder);
  // Some file systems over a network say nothing of their size.
  return blocks === 0 || bavail * bsize - bytes > Math.min(RESERVE, blocks * bsize * RESERVE_SHARE);
}
