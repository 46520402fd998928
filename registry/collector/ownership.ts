import { blobsNamed, type Manifest, type Repository } from '../catalog/repository.ts';
import { isForItself } from '../images/attachments.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import type { Wanted } from './reach.ts';
import { listTrash } from './trashed-images.ts';
import { wantedNow } from './unwanted.ts';

/** What a repository has, without what is in its trash. Bytes, each piece counted once. */
export interface Owned {
  /** What people call so: without what is attached to others, or only a part of them. */
  readonly images: number;
  readonly size: number;
  /** What nothing wanted of another repository needs. */
  readonly exclusive: number;
  /** Images in its trash. */
  readonly trash: number;
}

interface Piece {
  /** Repositories that have it. Most pieces have one. */
  owners: string | string[];
  readonly size: number;
}

export interface Owners {
  readonly owned: ReadonlyMap<string, Owned>;
  /** Who has each piece of content that somebody wants. */
  readonly pieces: Pick<Pieces, 'get'>;
}

/** By digest. Many small maps: a large one that grows keeps everybody waiting while it is made anew. */
class Pieces {
  readonly #maps = new Map<string, Map<Digest, Piece>>();

  get(digest: Digest): Piece | undefined {
    return this.#maps.get(beginningOf(digest))?.get(digest);
  }

  add(digest: Digest, piece: Piece): void {
    const beginning = beginningOf(digest);
    const map = this.#maps.get(beginning);
    if (map === undefined) this.#maps.set(beginning, new Map([[digest, piece]]));
    else map.set(digest, piece);
  }

  *[Symbol.iterator](): Iterator<Piece> {
    for (const map of this.#maps.values()) yield* map.values();
  }
}

const beginningOf = (digest: Digest): string => digest.slice(0, 'sha256:'.length + 2);

/** What each repository has alone: one walk over everything, in slices, for all of them at once. */
export class Ownership {
  readonly #store: Store;
  #version = -1;
  #last: Promise<ReadonlyMap<string, Owned>> = Promise.resolve(new Map());

  constructor(store: Store) {
    this.#store = store;
  }

  /** By the repository's name. Computed once for each state of the catalog, however many ask. */
  read(): Promise<ReadonlyMap<string, Owned>> {
    const { version } = this.#store.ledger.catalog;
    if (this.#version !== version) {
      this.#version = version;
      this.#last = findOwners(this.#store).then(({ owned }) => owned);
    }
    return this.#last;
  }
}

/** Of all content, in slices. */
export async function findOwners(store: Store): Promise<Owners> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  const pieces = new Pieces();
  const found = new Map<string, Omit<Owned, 'exclusive'>>();
  const wanted = wantedNow(store);
  for (const repository of catalog.repositories.values()) {
    const { name } = repository;
    let images = 0;
    let size = 0;
    let isAllWanted = true;
    for (const manifest of repository.manifests.values()) {
      await pace.rest();
      if (isWanted(repository, manifest, wanted)) {
        for (const piece of piecesOf(repository, manifest)) size += addPiece(pieces, name, piece);
        if (isForItself(repository, manifest)) images += 1;
      } else isAllWanted = false;
    }
    const hasTrash = !isAllWanted || catalog.trash.of(name).manifests.size > 0;
    found.set(name, { images, size, trash: hasTrash ? (await listTrash(store, name)).length : 0 });
  }
  const alone = new Map<string, number>();
  for (const { owners, size } of pieces) {
    await pace.rest();
    if (typeof owners === 'string') alone.set(owners, (alone.get(owners) ?? 0) + size);
  }
  const owned = Array.from(
    found,
    ([name, each]) => [name, { ...each, exclusive: alone.get(name) ?? 0 }] as const,
  );
  return { owned: new Map(owned), pieces };
}

function isWanted(repository: Repository, manifest: Manifest, wanted: Wanted): boolean {
  // Nearly every manifest, and quickly found: tags that attach something begin with the name of a hash.
  for (const tag of repository.tagsOf(manifest.digest)) if (!tag.startsWith('sha')) return true;
  return wanted.has(manifest);
}

/** The manifest and the blobs that it names, but for those that its repository lacks. */
function* piecesOf(repository: Repository, manifest: Manifest): Iterable<{ digest: Digest; size: number }> {
  yield manifest;
  for (const blob of blobsNamed(manifest)) {
    if (manifest.absent?.includes(blob.digest) !== true || repository.blobs.has(blob.digest)) yield blob;
  }
}

/** @returns bytes that this adds to its repository. Each repository is walked in one go. */
function addPiece(
  pieces: Pieces,
  repository: string,
  { digest, size }: { digest: Digest; size: number },
): number {
  const piece = pieces.get(digest);
  if (piece === undefined) {
    pieces.add(digest, { owners: repository, size });
    return size;
  }
  const { owners } = piece;
  if (typeof owners === 'string') {
    if (owners === repository) return 0;
    piece.owners = [owners, repository];
  } else {
    if (owners.at(-1) === repository) return 0;
    owners.push(repository);
  }
  return piece.size;
}
