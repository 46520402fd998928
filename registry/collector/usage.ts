import type { Catalog } from '../catalog/catalog.ts';
import { piecesOf } from '../catalog/content-index.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { isNeeded, Wanted, withWhatGoesAlong } from './reach.ts';

export interface TagUsage {
  readonly tag: string;
  readonly digest: Digest;
  /** Bytes of all that the tag leads to. */
  readonly size: number;
  /** Bytes that deleting this tag alone would free, once nothing of it can be restored any more. */
  readonly exclusive: number;
}

export interface RepositoryUsage {
  readonly name: string;
  /** Bytes of all that its manifests name, each piece counted once; without what is in its trash. */
  readonly size: number;
  /** Bytes that deleting this repository alone would free, besides what is in its trash. */
  readonly exclusive: number;
  readonly tags: readonly TagUsage[];
}

/**
 * What deletions would free. What has lost its last tag or lies in the trash does not count as a user: it is
 * on its way out already. One instance is for one state of the catalog.
 */
export class Usage {
  readonly #catalog: Catalog;
  readonly #wanted: Wanted;
  readonly #version: number;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#version = catalog.version;
    this.#wanted = new Wanted((name) => catalog.findRepository(name));
  }

  /** The catalog has changed since. */
  get isOutdated(): boolean {
    return this.#catalog.version !== this.#version;
  }

  isWanted(manifest: Manifest): boolean {
    return this.#wanted.has(manifest);
  }

  /** Bytes that deleting the tag alone would free. */
  tag(repository: Repository, tag: string): number {
    return this.bytesOnlyOf(this.goingWith(repository, tag));
  }

  /** Manifests that nobody would want any more without the tag. */
  goingWith(repository: Repository, tag: string): Set<Manifest> {
    const digest = repository.tags.get(tag)?.digest;
    const manifest = digest === undefined ? undefined : repository.manifests.get(digest);
    if (digest === undefined || manifest === undefined) return new Set();
    const manifests = new Set([manifest]);
    const isLost = (each: Manifest): boolean => !this.#wanted.has(each);
    const going = { manifests, isTagGoing: (each: string) => each === tag, isLost };
    if (isNeeded(repository, manifest, going)) return new Set();
    manifests.clear();
    withWhatGoesAlong(repository, [digest], undefined, going);
    return manifests;
  }

  /** Manifests that nobody would want any more without the tags, where some manifests go in any case. */
  goingWithAll(
    repository: Repository,
    tags: ReadonlySet<string>,
    deleted: Iterable<Manifest>,
  ): Set<Manifest> {
    const manifests = new Set(deleted);
    const isLost = (each: Manifest): boolean => !this.#wanted.has(each);
    const going = { manifests, isTagGoing: (each: string) => tags.has(each), isLost };
    for (const tag of tags) {
      const digest = repository.tags.get(tag)?.digest;
      const manifest = digest === undefined ? undefined : repository.manifests.get(digest);
      if (manifest === undefined || manifests.has(manifest)) continue;
      if (isNeeded(repository, manifest, going)) continue;
      withWhatGoesAlong(repository, [manifest.digest], undefined, going);
    }
    return manifests;
  }

  /** A manifest, and those that nobody would want any more without it and its tags. */
  goingWithManifest(repository: Repository, { digest }: Manifest): Set<Manifest> {
    const tags = new Set(repository.tagsOf(digest));
    const manifests = new Set<Manifest>();
    const isLost = (each: Manifest): boolean => !this.#wanted.has(each);
    const going = { manifests, isTagGoing: (each: string) => tags.has(each), isLost };
    withWhatGoesAlong(repository, [digest], undefined, going);
    return manifests;
  }

  /** Bytes of content that no wanted manifest but these needs. */
  bytesOnlyOf(manifests: ReadonlySet<Manifest>): number {
    const seen = new Set<Digest>();
    let bytes = 0;
    for (const manifest of manifests) bytes += this.bytesWith(manifest, manifests, seen);
    return bytes;
  }

  /**
   * What one of the manifests adds to that.
   *
   * @param seen what was counted already; more is added
   */
  bytesWith(manifest: Manifest, manifests: ReadonlySet<Manifest>, seen: Set<Digest>): number {
    let bytes = 0;
    for (const { digest, size } of piecesOf(manifest)) {
      if (seen.has(digest)) continue;
      seen.add(digest);
      if (!this.hasOtherUser(digest, manifests)) bytes += size;
    }
    return bytes;
  }

  hasOtherUser(digest: Digest, manifests: ReadonlySet<Manifest>): boolean {
    for (const user of this.#catalog.content.users(digest)) {
      if (!manifests.has(user) && this.#wanted.has(user)) return true;
    }
    return false;
  }
}

/** Every repository with its tags in lexical order, computed in slices. */
export async function readUsage(catalog: Catalog): Promise<RepositoryUsage[]> {
  const all: RepositoryUsage[] = [];
  const slices = new UsageSlices(catalog);
  for (const name of catalog.sortedNames.slice()) {
    const repository = catalog.findRepository(name);
    if (repository !== undefined) all.push(await slices.read(repository));
  }
  return all;
}

/** One repository with its tags in lexical order, computed in slices. */
export async function readRepositoryUsage(
  catalog: Catalog,
  repository: Repository,
): Promise<RepositoryUsage> {
  return await new UsageSlices(catalog).read(repository);
}

/** Bytes that deleting the repository alone would free, computed in slices. */
export async function readExclusive(catalog: Catalog, repository: Repository): Promise<number> {
  return (await new UsageSlices(catalog).sums(repository)).exclusive;
}

/** Goes on with a new `Usage` where the catalog has changed between two slices. */
class UsageSlices {
  readonly #catalog: Catalog;
  readonly #pace = new Pace();
  #usage: Usage;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#usage = new Usage(catalog);
  }

  async read(repository: Repository): Promise<RepositoryUsage> {
    const tags: TagUsage[] = [];
    for (const tag of repository.sortedTags.slice()) {
      await this.#rest();
      const digest = repository.tags.get(tag)?.digest;
      if (digest === undefined) continue;
      const exclusive = this.#usage.tag(repository, tag);
      tags.push({ tag, digest, size: repository.sizeOf(digest), exclusive });
    }
    return { name: repository.name, ...(await this.sums(repository)), tags };
  }

  /** Links that no manifest uses go with a repository, too. */
  async sums(repository: Repository): Promise<Pick<RepositoryUsage, 'size' | 'exclusive'>> {
    const manifests = await this.#wanted(repository);
    const seen = new Set<Digest>();
    let size = 0;
    let exclusive = 0;
    for (const manifest of manifests) {
      await this.#rest();
      for (const piece of piecesOf(manifest)) {
        if (seen.has(piece.digest)) continue;
        seen.add(piece.digest);
        size += piece.size;
        if (!this.#usage.hasOtherUser(piece.digest, manifests)) exclusive += piece.size;
      }
    }
    for (const digest of repository.unusedSince.keys()) {
      await this.#rest();
      if (!seen.has(digest) && !this.#usage.hasOtherUser(digest, manifests)) {
        exclusive += this.#catalog.content.sizeOf(digest);
      }
    }
    return { size, exclusive };
  }

  /** What is in the trash goes in any case. */
  async #wanted(repository: Repository): Promise<Set<Manifest>> {
    const manifests = new Set<Manifest>();
    for (const manifest of repository.manifests.values()) {
      await this.#rest();
      if (this.#usage.isWanted(manifest)) manifests.add(manifest);
    }
    return manifests;
  }

  async #rest(): Promise<void> {
    await this.#pace.rest();
    if (this.#usage.isOutdated) this.#usage = new Usage(this.#catalog);
  }
}
