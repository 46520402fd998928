import type { Catalog } from '../catalog/catalog.ts';
import { contentOf } from '../catalog/content-index.ts';
import type { Repository } from '../catalog/repository.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { Wanted } from './reach.ts';

/** What a repository has alone, and what in common with others. Bytes. */
export interface Owned {
  /** What deleting the repository alone would free, once nothing of it can be restored any more. */
  readonly exclusive: number;
  readonly shared: number;
}

const SHARED = Symbol('shared');

/**
 * What each repository has alone: one walk over everything, in slices, for all of them at once. As in `Usage`,
 * what has lost its last tag does not keep others from owning a thing.
 */
export class Ownership {
  readonly #catalog: Catalog;
  #version = -1;
  #last: Promise<ReadonlyMap<string, Owned>> = Promise.resolve(new Map());

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** By the repository's name. Computed once for each state of the catalog, however many ask. */
  read(): Promise<ReadonlyMap<string, Owned>> {
    if (this.#version !== this.#catalog.version) {
      this.#version = this.#catalog.version;
      this.#last = compute(this.#catalog);
    }
    return this.#last;
  }
}

async function compute(catalog: Catalog): Promise<ReadonlyMap<string, Owned>> {
  const pace = new Pace();
  const owners = await findOwners(catalog, pace);
  const owned = new Map<string, Owned>();
  for (const repository of catalog.repositories.values()) {
    let exclusive = 0;
    let shared = 0;
    for (const [digest, size] of await contentIn(catalog, repository, pace)) {
      const owner = owners.get(digest);
      if (owner === undefined || owner === repository.name) exclusive += size;
      else shared += size;
    }
    owned.set(repository.name, { exclusive, shared });
  }
  return owned;
}

/** The one repository in which something wanted needs it, or that there are several. */
async function findOwners(catalog: Catalog, pace: Pace): Promise<Map<Digest, string | typeof SHARED>> {
  const owners = new Map<Digest, string | typeof SHARED>();
  const wanted = new Wanted((name) => catalog.findRepository(name));
  for (const { name, manifests } of catalog.repositories.values()) {
    for (const manifest of manifests.values()) {
      await pace.rest();
      if (!wanted.has(manifest)) continue;
      for (const digest of contentOf(manifest).keys()) {
        const owner = owners.get(digest);
        if (owner === undefined) owners.set(digest, name);
        else if (owner !== name) owners.set(digest, SHARED);
      }
    }
  }
  return owners;
}

/** All that it leads to, and links that no manifest uses. */
async function contentIn(catalog: Catalog, repository: Repository, pace: Pace): Promise<Map<Digest, number>> {
  const content = new Map<Digest, number>();
  for (const manifest of repository.manifests.values()) {
    await pace.rest();
    for (const [digest, size] of contentOf(manifest)) content.set(digest, size);
  }
  for (const digest of repository.unusedSince.keys()) content.set(digest, catalog.content.sizeOf(digest));
  return content;
}
