import type { Digest } from '../reference.ts';
import type { Descriptor, ManifestEntry } from './operation.ts';
import { SharedContent } from './shared-content.ts';

export interface Tag {
  readonly digest: Digest;
  /** Milliseconds since 1970. */
  readonly pushedAt: number;
}

export interface Manifest extends ManifestEntry {
  /** Milliseconds since 1970. */
  readonly pushedAt: number;
  pulledAt?: number;
}

/** One repository as the catalog knows it. Only `Catalog` changes it. */
export class Repository {
  readonly name: string;
  readonly tags = new Map<string, Tag>();
  readonly manifests = new Map<Digest, Manifest>();
  /** Blobs that are visible here, by upload or mount, and their sizes in bytes. */
  readonly blobs = new Map<Digest, number>();
  /** Milliseconds since 1970; 0 before the first manifest. */
  lastPush = 0;

  readonly #referrers = new Map<Digest, Set<Digest>>();
  readonly #content = new SharedContent();
  #manifestBytes = 0;
  #sortedTags: string[] | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Nothing is in it that anybody could pull. */
  get isEmpty(): boolean {
    return this.manifests.size === 0;
  }

  /** Bytes of all content that its manifests point at, each counted once, and of the manifests. */
  get totalSize(): number {
    return this.#content.totalSize + this.#manifestBytes;
  }

  /** Manifests that no index of this repository lists: what a person calls an image. */
  get imageCount(): number {
    let count = 0;
    for (const digest of this.manifests.keys()) if (!this.#content.has(digest)) count += 1;
    return count;
  }

  /** In lexical order. */
  get sortedTags(): readonly string[] {
    this.#sortedTags ??= [...this.tags.keys()].sort();
    return this.#sortedTags;
  }

  /** Manifests whose subject is `digest`, in the order in which they came. */
  referrers(digest: Digest): Manifest[] {
    const digests = this.#referrers.get(digest) ?? [];
    return [...digests].map((each) => this.manifests.get(each)).filter((each) => each !== undefined);
  }

  /** Only manifests that are here can have a tag. */
  putTag(tag: string, digest: Digest, time: number): void {
    if (!this.manifests.has(digest)) return;
    if (!this.tags.has(tag)) this.#sortedTags = undefined;
    this.tags.set(tag, { digest, pushedAt: time });
    this.lastPush = time;
  }

  deleteTag(tag: string): void {
    if (this.tags.delete(tag)) this.#sortedTags = undefined;
  }

  putManifest(manifest: Manifest): void {
    this.deleteManifest(manifest.digest, { keepTags: true });
    this.manifests.set(manifest.digest, manifest);
    this.lastPush = manifest.pushedAt;
    this.#manifestBytes += manifest.size;
    for (const descriptor of contentOf(manifest)) this.#content.add(descriptor);
    if (manifest.subject !== undefined) {
      const referrers = this.#referrers.get(manifest.subject) ?? new Set();
      this.#referrers.set(manifest.subject, referrers.add(manifest.digest));
    }
  }

  /** Tags that point at it go with it: a tag without a manifest could not be pulled. */
  deleteManifest(digest: Digest, { keepTags = false } = {}): void {
    const manifest = this.manifests.get(digest);
    if (manifest === undefined) return;
    this.manifests.delete(digest);
    this.#manifestBytes -= manifest.size;
    for (const descriptor of contentOf(manifest)) this.#content.remove(descriptor);
    if (manifest.subject !== undefined) {
      const referrers = this.#referrers.get(manifest.subject);
      referrers?.delete(digest);
      if (referrers?.size === 0) this.#referrers.delete(manifest.subject);
    }
    if (keepTags) return;
    for (const [tag, target] of this.tags) if (target.digest === digest) this.deleteTag(tag);
  }
}

/** Everything that a manifest points at. Manifests in an index weigh nothing here: they count by themselves. */
function contentOf({ config, layers = [], manifests = [] }: ManifestEntry): Descriptor[] {
  const listed = manifests.map((descriptor) => ({ ...descriptor, size: 0 }));
  return config === undefined ? [...layers, ...listed] : [config, ...layers, ...listed];
}
