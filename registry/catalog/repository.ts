import type { Digest } from '../reference.ts';
import { blobsOf } from './content-index.ts';
import { MultiMap } from './multi-map.ts';
import type { Descriptor, ManifestEntry } from './operation.ts';
import { SharedContent } from './shared-content.ts';
import { SortedNames } from './sorted-names.ts';

export interface Tag {
  readonly digest: Digest;
  /** Milliseconds since 1970. */
  readonly pushedAt: number;
  /** No rule and no push changes it. */
  readonly protected?: true;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
  /** When somebody put it back after it was deleted or moved. Milliseconds since 1970. */
  readonly restoredAt?: number;
}

/** When what happened to a manifest. Milliseconds since 1970. */
export interface Life {
  readonly pushedAt: number;
  pulledAt?: number | undefined;
  /** When it lost its last tag or index; undefined while it has a tag, or if it never had one. */
  untaggedAt?: number | undefined;
  /** When somebody put it back after it was deleted. */
  readonly restoredAt?: number | undefined;
}

export interface Manifest extends ManifestEntry, Life {
  /** The repository's name. */
  readonly repository: string;
}

/** `sha512:` and the part of the digest that a tag has room for: OCI Distribution Spec 1.1, "Referrers Tag Schema". */
const STEM = 'sha512:'.length + 64;

/** How tags begin that clients make from a digest: the same section. */
const FROM_DIGEST = /^sha(?:256|512)-/;

/** One repository as the catalog knows it. Only `Catalog` changes it. */
export class Repository {
  readonly name: string;
  tags = new Map<string, Tag>();
  manifests = new Map<Digest, Manifest>();
  /** Blobs that are visible here, by upload or mount, and their sizes in bytes. */
  blobs = new Map<Digest, number>();
  /** When blobs were linked that no manifest has named since. Milliseconds since 1970. */
  unusedSince = new Map<Digest, number>();
  /** Milliseconds since 1970; 0 before the first manifest. */
  lastPush = 0;

  #tagsOf = new MultiMap<Digest, string>();
  #indexes = new MultiMap<Digest, Manifest>();
  #referrers = new MultiMap<Digest, Manifest>();
  /** Only of those whose digest is longer than what clients put of it into a tag. */
  #stems = new MultiMap<string, Manifest>();
  #content = new SharedContent();
  #sortedTags = new SortedNames(() => this.tags.keys());
  #manifestBytes = 0;
  #tagsFromDigests = 0;

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

  /** In lexical order. */
  get sortedTags(): readonly string[] {
    return this.#sortedTags.all;
  }

  /** Whether a tag looks as if a client had made it from a digest: hardly ever, and looking for one takes long. */
  get hasTagsFromDigests(): boolean {
    return this.#tagsFromDigests > 0;
  }

  /** Manifests whose subject is `digest`, in the order in which they came. */
  referrers(digest: Digest): Iterable<Manifest> {
    return this.#referrers.get(digest);
  }

  /** Indexes that list the manifest. */
  indexesOf(digest: Digest): Iterable<Manifest> {
    return this.#indexes.get(digest);
  }

  /** Manifests whose sha512 begins like this, as far as `STEM` goes. */
  manifestsOfStem(start: string): Iterable<Manifest> {
    return this.#stems.get(start.slice(0, STEM));
  }

  isListed(digest: Digest): boolean {
    return this.#indexes.has(digest);
  }

  tagsOf(digest: Digest): Iterable<string> {
    return this.#tagsOf.get(digest);
  }

  isTagged(digest: Digest): boolean {
    return this.#tagsOf.has(digest);
  }

  /** Whether a manifest of this repository names the blob. */
  isUsed(blob: Digest): boolean {
    return this.#content.has(blob);
  }

  /** How often manifests of this repository name the blob. */
  usesOf(blob: Digest): number {
    return this.#content.countOf(blob);
  }

  /** Bytes of everything that the manifest leads to in this repository, each piece counted once. */
  sizeOf(digest: Digest): number {
    const sizes = new Map<Digest, number>();
    for (const manifest of this.manifestsBelow(digest)) {
      sizes.set(manifest.digest, manifest.size);
      for (const blob of blobsOf(manifest)) sizes.set(blob.digest, blob.size);
    }
    let size = 0;
    for (const each of sizes.values()) size += each;
    return size;
  }

  /** The manifest and, if it is an index, all that it lists here, at any depth, each once. */
  *manifestsBelow(digest: Digest): Iterable<Manifest> {
    // Sets hand out what is added to them while they are walked. Indexes may be nested as deep as clients like.
    const found = new Set([digest]);
    for (const each of found) {
      const manifest = this.manifests.get(each);
      if (manifest === undefined) continue;
      for (const child of manifest.manifests ?? []) found.add(child.digest);
      yield manifest;
    }
  }

  /** Takes over all that the other one is, which is of no use after that. */
  become(other: Repository): void {
    this.tags = other.tags;
    this.manifests = other.manifests;
    this.blobs = other.blobs;
    this.unusedSince = other.unusedSince;
    this.lastPush = other.lastPush;
    this.#tagsOf = other.#tagsOf;
    this.#indexes = other.#indexes;
    this.#referrers = other.#referrers;
    this.#stems = other.#stems;
    this.#content = other.#content;
    this.#sortedTags = other.#sortedTags;
    this.#manifestBytes = other.#manifestBytes;
    this.#tagsFromDigests = other.#tagsFromDigests;
  }

  /** As it would be with other tags. Shares all else with this one, and is only to be read. */
  withTags(tags: Map<string, Tag>): Repository {
    const other = new Repository(this.name);
    other.become(this);
    other.tags = tags;
    return other;
  }

  link(digest: Digest, size: number, time: number): void {
    this.blobs.set(digest, size);
    if (!this.#content.has(digest)) this.unusedSince.set(digest, time);
  }

  unlink(digest: Digest): void {
    this.blobs.delete(digest);
    this.unusedSince.delete(digest);
  }

  putTag(name: string, tag: Tag, time: number): void {
    const before = this.tags.get(name);
    this.tags.set(name, tag);
    if (before === undefined && FROM_DIGEST.test(name)) this.#tagsFromDigests += 1;
    this.#sortedTags.add(name);
    this.#tagsOf.add(tag.digest, name);
    const manifest = this.manifests.get(tag.digest);
    if (manifest !== undefined) this.setUntagged(manifest, undefined);
    if (before !== undefined && before.digest !== tag.digest) this.#leave(name, before.digest, time);
  }

  deleteTag(name: string, time: number): void {
    const tag = this.tags.get(name);
    if (tag === undefined) return;
    this.tags.delete(name);
    if (FROM_DIGEST.test(name)) this.#tagsFromDigests -= 1;
    this.#sortedTags.delete(name);
    this.#leave(name, tag.digest, time);
  }

  #leave(tag: string, digest: Digest, time: number): void {
    this.#tagsOf.delete(digest, tag);
    const manifest = this.manifests.get(digest);
    if (manifest !== undefined && !this.#tagsOf.has(digest)) this.setUntagged(manifest, time);
  }

  /** @param time when it lost its last tag or index, in milliseconds since 1970; undefined if it has one */
  setUntagged(manifest: Manifest, time: number | undefined): void {
    manifest.untaggedAt = time;
  }

  addManifest(manifest: Manifest): void {
    this.manifests.set(manifest.digest, manifest);
    this.#manifestBytes += manifest.size;
    for (const descriptor of blobsNamed(manifest)) {
      this.#content.add(descriptor);
      this.unusedSince.delete(descriptor.digest);
    }
    if (manifest.digest.length > STEM) this.#stems.add(manifest.digest.slice(0, STEM), manifest);
    for (const { digest } of manifest.manifests ?? []) this.#indexes.add(digest, manifest);
    if (manifest.subject !== undefined) this.#referrers.add(manifest.subject, manifest);
  }

  /** Its tags have to go first: a tag without a manifest could not be pulled. */
  removeManifest(manifest: Manifest): void {
    this.manifests.delete(manifest.digest);
    this.#manifestBytes -= manifest.size;
    for (const descriptor of blobsNamed(manifest)) {
      this.#content.remove(descriptor);
      // Links that its manifest leaves behind have waited long enough.
      if (!this.#content.has(descriptor.digest) && this.blobs.has(descriptor.digest)) {
        this.unusedSince.set(descriptor.digest, 0);
      }
    }
    if (manifest.digest.length > STEM) this.#stems.delete(manifest.digest.slice(0, STEM), manifest);
    for (const { digest } of manifest.manifests ?? []) this.#indexes.delete(digest, manifest);
    if (manifest.subject !== undefined) this.#referrers.delete(manifest.subject, manifest);
  }
}

/** Absent ones too: a manifest has the size that it says, whether or not all of it is here. */
export function blobsNamed({ config, layers = [] }: ManifestEntry): readonly Descriptor[] {
  return config === undefined ? layers : [config, ...layers];
}
