import type { Catalog } from '../catalog/catalog.ts';
import { blobsOf } from '../catalog/content-index.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { Wanted } from './reach.ts';

/** What a repository has alone, and what in common with others. Bytes. */
export interface Owned {
  /** What deleting the repository alone would free, once nothing of it can be restored any more. */
  readonly exclusive: number;
  readonly shared: number;
}

/** Undefined as its owner has what something wanted of several repositories needs. */
interface Piece {
  owner: string | undefined;
  readonly size: number;
}

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
  const pieces = new Map<Digest, Piece>();
  const unwanted: Manifest[] = [];
  const wanted = new Wanted((name) => catalog.findRepository(name));
  for (const repository of catalog.repositories.values()) {
    for (const manifest of repository.manifests.values()) {
      await pace.rest();
      if (isNamed(repository, manifest) || wanted.has(manifest)) addPieces(pieces, manifest);
      else unwanted.push(manifest);
    }
  }
  const alone = new Map<string, number>();
  const add = (name: string, size: number): void => void alone.set(name, (alone.get(name) ?? 0) + size);
  for (const { owner, size } of pieces.values()) if (owner !== undefined) add(owner, size);
  await pace.rest();
  for (const [name, loose] of looseContent(catalog, unwanted, pieces)) {
    for (const size of loose.values()) add(name, size);
    await pace.rest();
  }
  const owned = new Map<string, Owned>();
  for (const repository of catalog.repositories.values()) {
    const exclusive = alone.get(repository.name) ?? 0;
    owned.set(repository.name, { exclusive, shared: Math.max(0, sizeOf(catalog, repository) - exclusive) });
    await pace.rest();
  }
  return owned;
}

/** What nearly every manifest is, and quickly found: tags that attach something begin with the name of a hash. */
function isNamed(repository: Repository, { digest }: Manifest): boolean {
  for (const tag of repository.tagsOf(digest)) if (!tag.startsWith('sha')) return true;
  return false;
}

function addPieces(pieces: Map<Digest, Piece>, manifest: Manifest): void {
  addPiece(pieces, manifest.repository, manifest.digest, manifest.size);
  for (const { digest, size } of blobsOf(manifest)) addPiece(pieces, manifest.repository, digest, size);
}

function addPiece(pieces: Map<Digest, Piece>, repository: string, digest: Digest, size: number): void {
  const piece = pieces.get(digest);
  if (piece === undefined) pieces.set(digest, { owner: repository, size });
  else if (piece.owner !== repository) piece.owner = undefined;
}

/** By repository: what nothing wanted needs anywhere, so that each that has it could free it alone. */
function looseContent(
  catalog: Catalog,
  unwanted: readonly Manifest[],
  pieces: ReadonlyMap<Digest, Piece>,
): Map<string, Map<Digest, number>> {
  const loose = new Map<string, Map<Digest, number>>();
  const add = (name: string, digest: Digest, size: number): void => {
    if (pieces.has(digest)) return;
    const own = loose.get(name) ?? new Map<Digest, number>();
    loose.set(name, own.set(digest, size));
  };
  for (const manifest of unwanted) {
    add(manifest.repository, manifest.digest, manifest.size);
    for (const { digest, size } of blobsOf(manifest)) add(manifest.repository, digest, size);
  }
  for (const { name, unusedSince } of catalog.repositories.values()) {
    for (const digest of unusedSince.keys()) add(name, digest, catalog.content.sizeOf(digest));
  }
  return loose;
}

/** With links that no manifest uses; without what manifests name and the repository does not have. */
function sizeOf(catalog: Catalog, repository: Repository): number {
  let size = repository.totalSize;
  for (const digest of repository.unusedSince.keys()) size += catalog.content.sizeOf(digest);
  const absent = new Map<Digest, number>();
  for (const manifest of repository.manifests.values()) {
    if (manifest.absent === undefined) continue;
    for (const { digest, size: each } of [manifest.config, ...(manifest.layers ?? [])].filter(
      (blob) => blob !== undefined,
    )) {
      if (manifest.absent.includes(digest) && !repository.blobs.has(digest)) absent.set(digest, each);
    }
  }
  for (const each of absent.values()) size -= each;
  return size;
}
