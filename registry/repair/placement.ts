import type { BlobStore } from '../blobs/blob-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ManifestEntry, Operation } from '../catalog/operation.ts';
import type { Digest } from '../reference.ts';
import type { Recoverer } from './recoverer.ts';

export interface Placed {
  readonly repository: string;
  readonly digest: Digest;
}

/** Where manifests go that nobody can place. Left without a record, the next reclaim would remove them. */
export const RECOVERED = 'recovered';

/** Finds a repository for manifests that are on the disk and that the catalog does not know. */
export class Placement {
  readonly #catalog: Catalog;
  readonly #blobs: BlobStore;
  readonly #recoverer: Recoverer;
  readonly #apply: (time: number, ops: Operation[]) => void;
  readonly #unknown = new Map<Digest, ManifestEntry>();
  readonly #placed: Placed[] = [];

  constructor(
    catalog: Catalog,
    blobs: BlobStore,
    recoverer: Recoverer,
    apply: (time: number, ops: Operation[]) => void,
  ) {
    this.#catalog = catalog;
    this.#blobs = blobs;
    this.#recoverer = recoverer;
    this.#apply = apply;
  }

  /** Beside the index that lists them or the subject that they are attached to, or else into `recovered`. */
  async placeAll(): Promise<readonly Placed[]> {
    await this.#findUnknown();
    for (let before = -1; before !== this.#placed.length;) {
      before = this.#placed.length;
      for (const manifest of this.#unknown.values()) await this.#placeBesideRelatives(manifest);
    }
    const listed = new Set(
      [...this.#unknown.values()].flatMap(({ manifests = [] }) => manifests.map(({ digest }) => digest)),
    );
    for (const { digest } of this.#unknown.values()) {
      if (!listed.has(digest)) await this.#place(RECOVERED, digest);
    }
    return this.#placed;
  }

  async #findUnknown(): Promise<void> {
    const known = new Set<Digest>();
    for (const { manifests } of this.#catalog.repositories.values()) {
      for (const digest of manifests.keys()) known.add(digest);
    }
    for (const [, { manifests }] of this.#catalog.trash.repositories) {
      for (const digest of manifests.keys()) known.add(digest);
    }
    for await (const digest of this.#blobs.list()) {
      if (known.has(digest) || this.#catalog.content.isNeeded(digest)) continue;
      const manifest = await this.#recoverer.parse(digest);
      if (manifest !== undefined) this.#unknown.set(digest, manifest);
    }
  }

  async #placeBesideRelatives({ digest, subject }: ManifestEntry): Promise<void> {
    const homes = [...this.#catalog.repositories.values()].filter(
      (repository) =>
        repository.isListed(digest) || (subject !== undefined && repository.manifests.has(subject)),
    );
    for (const { name } of homes) await this.#place(name, digest);
  }

  async #place(repository: string, digest: Digest): Promise<void> {
    const operations = await this.#recoverer.put(repository, digest);
    this.#apply(await this.#recoverer.cameAt(digest), operations);
    for (const operation of operations) {
      if (operation.op !== 'manifest.put') continue;
      this.#placed.push({ repository, digest: operation.manifest.digest });
      this.#unknown.delete(operation.manifest.digest);
    }
  }
}
