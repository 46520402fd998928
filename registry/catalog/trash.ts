import type { Digest } from '../reference.ts';
import { blobsOf, type ContentIndex } from './content-index.ts';
import type { Manifest } from './repository.ts';

export interface TrashedManifest {
  readonly manifest: Manifest;
  /** Milliseconds since 1970. */
  readonly deletedAt: number;
}

export interface TrashedLink {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly deletedAt: number;
}

/** What one repository's deletions took, and what can be put back until it is dropped. */
export interface TrashedContent {
  readonly manifests: Map<Digest, TrashedManifest>;
  /** Links of blobs that somebody deleted by themselves. */
  readonly blobs: Map<Digest, TrashedLink>;
}

const NOTHING: TrashedContent = { manifests: new Map(), blobs: new Map() };

/** Deleted manifests and links. Their content is needed for as long as they are here. */
export class Trash {
  readonly #content: ContentIndex;
  readonly #repositories = new Map<string, TrashedContent>();

  constructor(content: ContentIndex) {
    this.#content = content;
  }

  of(repository: string): TrashedContent {
    return this.#repositories.get(repository) ?? NOTHING;
  }

  get repositories(): Iterable<readonly [name: string, content: TrashedContent]> {
    return this.#repositories;
  }

  addManifest(manifest: Manifest, deletedAt: number): void {
    this.takeManifest(manifest.repository, manifest.digest);
    this.#change(manifest.repository).manifests.set(manifest.digest, { manifest, deletedAt });
    for (const [digest, size] of held(manifest)) this.#content.hold(digest, size);
  }

  /** Out of the trash, be it back to life or for good. */
  takeManifest(repository: string, digest: Digest): Manifest | undefined {
    const trashed = this.of(repository).manifests.get(digest);
    if (trashed === undefined) return undefined;
    this.#change(repository).manifests.delete(digest);
    this.#removeIfEmpty(repository);
    for (const [each] of held(trashed.manifest)) this.#content.release(each);
    return trashed.manifest;
  }

  addLink(repository: string, digest: Digest, link: TrashedLink): void {
    this.takeLink(repository, digest);
    this.#change(repository).blobs.set(digest, link);
    this.#content.hold(digest, link.size);
  }

  takeLink(repository: string, digest: Digest): TrashedLink | undefined {
    const link = this.of(repository).blobs.get(digest);
    if (link === undefined) return undefined;
    this.#change(repository).blobs.delete(digest);
    this.#removeIfEmpty(repository);
    this.#content.release(digest);
    return link;
  }

  /** Puts one repository's trash in the place of what was there. The caller sees to what needs which content. */
  replace(repository: string, content: TrashedContent): void {
    this.#repositories.set(repository, content);
    this.#removeIfEmpty(repository);
  }

  #change(repository: string): TrashedContent {
    let content = this.#repositories.get(repository);
    if (content === undefined) {
      content = { manifests: new Map(), blobs: new Map() };
      this.#repositories.set(repository, content);
    }
    return content;
  }

  #removeIfEmpty(repository: string): void {
    const { manifests, blobs } = this.of(repository);
    if (manifests.size + blobs.size === 0) this.#repositories.delete(repository);
  }
}

/** What a deleted manifest keeps on the disk, each piece as often as it names it. */
export function held(manifest: Manifest): [digest: Digest, size: number][] {
  const blobs = blobsOf(manifest).map(({ digest, size }): [Digest, number] => [digest, size]);
  return [[manifest.digest, manifest.size], ...blobs];
}
