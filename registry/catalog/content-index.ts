import type { Digest } from '../reference.ts';
import type { Descriptor, ManifestEntry } from './operation.ts';
import type { Manifest } from './repository.ts';

/** Everything that still needs a piece of content, over all repositories. */
interface Use {
  readonly digest: Digest;
  size: number;
  /** As a manifest names it that was the first to do so. */
  descriptor: Descriptor | undefined;
  /** Live manifests that are it or name it. */
  users: Manifest | Set<Manifest> | undefined;
  /** How many of them name it as a layer. */
  layers: number;
  /** Links of repositories, and what could still be restored. */
  holds: number;
}

/**
 * Who needs which content: what may be removed from the disk, and what a deletion would free. A piece that
 * nobody needs is not in it.
 */
export class ContentIndex {
  readonly #uses = new Map<Digest, Use>();
  #layerCount = 0;
  #layerBytes = 0;
  #totalSize = 0;

  /** Distinct layers of live manifests, and their bytes, each counted once. */
  get layers(): { count: number; totalSize: number } {
    return { count: this.#layerCount, totalSize: this.#layerBytes };
  }

  /** Pieces of content that something needs. */
  get size(): number {
    return this.#uses.size;
  }

  /** Bytes of all content that something needs, each piece counted once. */
  get totalSize(): number {
    return this.#totalSize;
  }

  /** The one copy of its digest that is kept, and how manifests name it, if they do. */
  find(digest: Digest): Pick<Use, 'digest' | 'descriptor'> | undefined {
    return this.#uses.get(digest);
  }

  isLayer(digest: Digest): boolean {
    return (this.#uses.get(digest)?.layers ?? 0) > 0;
  }

  /** Whether a live manifest, a link, or something restorable needs it. */
  isNeeded(digest: Digest): boolean {
    return this.#uses.has(digest);
  }

  /** Bytes, or 0 if nothing needs it. */
  sizeOf(digest: Digest): number {
    return this.#uses.get(digest)?.size ?? 0;
  }

  /** Live manifests that are this content or name it. */
  users(digest: Digest): Iterable<Manifest> {
    const users = this.#uses.get(digest)?.users;
    if (users === undefined) return [];
    return users instanceof Set ? users : [users];
  }

  /** How many live manifests, links and restorable things need it. */
  needsOf(digest: Digest): number {
    const use = this.#uses.get(digest);
    if (use === undefined) return 0;
    const { users, holds } = use;
    return holds + (users instanceof Set ? users.size : Number(users !== undefined));
  }

  /** How many links and restorable manifests need it, each as often as it names it. */
  holdsOf(digest: Digest): number {
    return this.#uses.get(digest)?.holds ?? 0;
  }

  /** Every piece, for comparing with a fresh count. */
  *entries(): Iterable<readonly [digest: Digest, users: number, layers: number, holds: number]> {
    for (const [digest, { users, layers, holds }] of this.#uses) {
      const count = users instanceof Set ? users.size : Number(users !== undefined);
      yield [digest, count, layers, holds];
    }
  }

  addManifest(manifest: Manifest): void {
    this.#need(manifest, manifest);
    for (const blob of blobsOf(manifest)) this.#need(blob, manifest).descriptor ??= blob;
    for (const { digest } of layersOf(manifest)) {
      const use = this.#uses.get(digest);
      if (use === undefined) continue;
      use.layers += 1;
      if (use.layers > 1) continue;
      this.#layerCount += 1;
      this.#layerBytes += use.size;
    }
  }

  removeManifest(manifest: Manifest): void {
    for (const { digest } of layersOf(manifest)) {
      const use = this.#uses.get(digest);
      if (use === undefined) continue;
      use.layers -= 1;
      if (use.layers > 0) continue;
      this.#layerCount -= 1;
      this.#layerBytes -= use.size;
    }
    for (const [digest] of contentOf(manifest)) {
      const use = this.#uses.get(digest);
      if (use === undefined) continue;
      if (use.users instanceof Set) {
        use.users.delete(manifest);
        if (use.users.size === 0) use.users = undefined;
      } else if (use.users === manifest) use.users = undefined;
      this.#forget(digest, use);
    }
  }

  hold(digest: Digest, size: number): void {
    this.#use(digest, size).holds += 1;
  }

  release(digest: Digest): void {
    const use = this.#uses.get(digest);
    if (use === undefined) return;
    use.holds -= 1;
    this.#forget(digest, use);
  }

  /** However often the manifest names it, it is one user. */
  #need({ digest, size }: Descriptor, manifest: Manifest): Use {
    const use = this.#use(digest, size);
    if (use.users === undefined) use.users = manifest;
    else if (use.users instanceof Set) use.users.add(manifest);
    else if (use.users !== manifest) use.users = new Set([use.users, manifest]);
    return use;
  }

  #use(digest: Digest, size: number): Use {
    let use = this.#uses.get(digest);
    if (use === undefined) {
      use = { digest, size, descriptor: undefined, users: undefined, layers: 0, holds: 0 };
      this.#uses.set(digest, use);
      this.#totalSize += size;
    }
    return use;
  }

  #forget(digest: Digest, use: Use): void {
    if (use.users !== undefined || use.holds > 0) return;
    if (this.#uses.delete(digest)) this.#totalSize -= use.size;
  }
}

/** The distinct content that a manifest needs, itself included: not what is absent, nor other manifests. */
export function contentOf(manifest: ManifestEntry): Map<Digest, number> {
  const content = new Map<Digest, number>([[manifest.digest, manifest.size]]);
  for (const { digest, size } of blobsOf(manifest)) content.set(digest, size);
  return content;
}

/** The same, where whoever asks knows each piece again: a piece that is named twice is there twice. */
export function piecesOf(manifest: ManifestEntry): readonly Pick<Descriptor, 'digest' | 'size'>[] {
  return [manifest, ...blobsOf(manifest)];
}

/** Config and layers, but for those that its repository did not have. */
export function blobsOf(manifest: ManifestEntry): readonly Descriptor[] {
  const { config, layers = [] } = manifest;
  return present(manifest, config === undefined ? layers : [config, ...layers]);
}

function layersOf(manifest: ManifestEntry): readonly Descriptor[] {
  return present(manifest, manifest.layers ?? []);
}

function present({ absent }: ManifestEntry, descriptors: readonly Descriptor[]): readonly Descriptor[] {
  if (absent === undefined) return descriptors;
  const missing = new Set(absent);
  return descriptors.filter(({ digest }) => !missing.has(digest));
}
