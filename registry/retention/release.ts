import type { Catalog } from '../catalog/catalog.ts';
import { contentOf } from '../catalog/content-index.ts';
import { blobsNamed, type Manifest, type Repository } from '../catalog/repository.ts';
import { held } from '../catalog/trash.ts';
import type { Digest } from '../reference.ts';

/**
 * Counts what deletions would free, one after the other, without doing them: content that several of them
 * share is freed by the last. Links that a manifest leaves behind go with it.
 */
export class Release {
  readonly #catalog: Catalog;
  /** Milliseconds since 1970: links that were made later may belong to a push under way. */
  readonly #linkedBefore: number;
  readonly #needs = new Map<Digest, number>();
  readonly #uses = new Map<string, number>();
  readonly #links = new Set<string>();
  readonly #isFree: (digest: Digest) => boolean;
  #bytes = 0;

  /** @param isFree whether the content can leave the disk when nothing needs it */
  constructor(catalog: Catalog, linkedBefore: number, isFree: (digest: Digest) => boolean = () => true) {
    this.#catalog = catalog;
    this.#linkedBefore = linkedBefore;
    this.#isFree = isFree;
  }

  /** Bytes that all of it would free. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it is free by now. Not of what a single manifest has freed alone. */
  isFreed(digest: Digest): boolean {
    return this.#needs.get(digest) === 0;
  }

  /** To be called once for each manifest. */
  takeManifest(repository: Repository, manifest: Manifest): void {
    const own = new Set<Digest>();
    for (const [digest, size] of contentOf(manifest)) {
      // Most content is one image's alone: it is not worth remembering, nothing else can free it again.
      if (this.#isAlone(repository, manifest, digest)) {
        own.add(digest);
        if (this.#isFree(digest)) this.#bytes += size;
      } else this.#lose(digest);
    }
    for (const { digest } of blobsNamed(manifest)) {
      if (own.has(digest)) continue;
      const key = `${repository.name}@${digest}`;
      this.#uses.set(key, this.#usesOf(repository, digest) - 1);
      this.takeUnusedLink(repository, digest);
    }
  }

  takeTrashed(manifest: Manifest): void {
    for (const [digest] of held(manifest)) this.#lose(digest);
    const repository = this.#catalog.findRepository(manifest.repository);
    if (repository === undefined) return;
    for (const { digest } of blobsNamed(manifest)) this.takeUnusedLink(repository, digest);
  }

  takeTrashedLink(digest: Digest): void {
    this.#lose(digest);
  }

  /** Returns whether there was one to take. */
  takeUnusedLink(repository: Repository, digest: Digest): boolean {
    const key = `${repository.name}@${digest}`;
    if (!repository.blobs.has(digest) || this.#links.has(key)) return false;
    if (this.#usesOf(repository, digest) > 0) return false;
    if ((repository.unusedSince.get(digest) ?? 0) > this.#linkedBefore) return false;
    this.#links.add(key);
    this.#lose(digest);
    return true;
  }

  /** Whether nothing needs it but this manifest and the link that it leaves behind. */
  #isAlone(repository: Repository, manifest: Manifest, digest: Digest): boolean {
    const needs = this.#catalog.content.needsOf(digest);
    if (digest === manifest.digest) return needs === 1;
    return needs === 2 && repository.blobs.has(digest) && repository.usesOf(digest) === 1;
  }

  #usesOf(repository: Repository, digest: Digest): number {
    return this.#uses.get(`${repository.name}@${digest}`) ?? repository.usesOf(digest);
  }

  #lose(digest: Digest): void {
    const { content } = this.#catalog;
    const left = (this.#needs.get(digest) ?? content.needsOf(digest)) - 1;
    this.#needs.set(digest, left);
    if (left === 0 && this.#isFree(digest)) this.#bytes += content.sizeOf(digest);
  }
}
