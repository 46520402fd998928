import { basename, dirname } from 'node:path';
import { isDigest, type Digest } from '../reference.ts';
import type { Owners } from './ownership.ts';
import type { ReclaimPlan } from './reclaim.ts';

/** Bytes of the disk. */
export interface RepositoryShare {
  exclusive: number;
  /** What it has in common with others. */
  shared: number;
  /** What is its own, and of what several have in common as much as each of the others gets. */
  part: number;
}

/** Whose the content on the disk is. Every byte of its files is counted once. */
export class ContentShares {
  readonly repositories: ReadonlyMap<string, Readonly<RepositoryShare>>;
  total = 0;
  /** What a reclaim would free now. */
  reclaimable = 0;
  /** What only the trash keeps. */
  trash = 0;
  /** What nothing names yet, and a push may need. */
  pending = 0;
  readonly #repositories = new Map<string, RepositoryShare>();
  readonly #pieces: Owners['pieces'];
  readonly #trash: ReadonlySet<Digest>;
  readonly #reclaimable: ReadonlySet<Digest>;

  constructor({ owned, pieces }: Owners, { content, trash }: Pick<ReclaimPlan, 'content' | 'trash'>) {
    for (const name of owned.keys()) this.#repositories.set(name, { exclusive: 0, shared: 0, part: 0 });
    this.repositories = this.#repositories;
    this.#pieces = pieces;
    this.#trash = new Set(trash);
    this.#reclaimable = new Set(content.map(({ digest }) => digest));
  }

  /** A file of the data folder: what is no content is not counted. */
  add(path: string, bytes: number): void {
    const digest = `${basename(dirname(path))}:${basename(path)}`;
    if (!isDigest(digest) || basename(dirname(dirname(path))) !== 'blobs') return;
    this.total += bytes;
    const owners = this.#pieces.get(digest)?.owners;
    if (this.#reclaimable.has(digest)) this.reclaimable += bytes;
    else if (owners !== undefined) this.#divide(typeof owners === 'string' ? [owners] : owners, bytes);
    else if (this.#trash.has(digest)) this.trash += bytes;
    else this.pending += bytes;
  }

  #divide(owners: readonly string[], bytes: number): void {
    for (const name of owners) {
      const share = this.#repositories.get(name);
      if (share === undefined) continue;
      if (owners.length === 1) share.exclusive += bytes;
      else share.shared += bytes;
      share.part += bytes / owners.length;
    }
  }
}
