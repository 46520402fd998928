import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { blobsOf } from '../catalog/content-index.ts';
import type { Descriptor, ManifestEntry, Operation } from '../catalog/operation.ts';
import { RegistryError } from '../error.ts';
import { LARGEST_MANIFEST, parseManifest } from '../images/manifest.ts';
import { isForeignLayer, OCI_MANIFEST } from '../images/media-types.ts';
import { algorithmOf, hexOf, type Digest } from '../reference.ts';

/** A manifest whose record is lost, and whose bytes are too. */
export interface Unreadable {
  readonly repository: string;
  readonly digest: Digest;
}

/** Makes the records of manifests anew: of another repository's record, or of the manifest's own bytes. */
export class Recoverer {
  readonly unreadable: Unreadable[] = [];
  /** How many were made anew. */
  recovered = 0;
  readonly #catalog: Catalog;
  readonly #blobs: BlobStore;
  readonly #listed: ReadonlyMap<Digest, Descriptor>;

  /** @param listed what index.json says of manifests */
  constructor(catalog: Catalog, blobs: BlobStore, listed: Iterable<Descriptor>) {
    this.#catalog = catalog;
    this.#blobs = blobs;
    this.#listed = new Map([...listed].map((each) => [each.digest, each]));
  }

  /** Operations that put a manifest into a repository, with those that it lists; none if it is there. */
  async put(repository: string, digest: Digest): Promise<Operation[]> {
    const operations = new Map<Digest, Operation>();
    await this.#collect(repository, digest, operations, true);
    return [...operations.values()];
  }

  async #collect(
    repository: string,
    digest: Digest,
    operations: Map<Digest, Operation>,
    isWanted: boolean,
  ): Promise<void> {
    if (operations.has(digest)) return;
    if (this.#catalog.findRepository(repository)?.manifests.has(digest) === true) return;
    const found = this.#findEntry(digest) ?? (await this.parse(digest));
    if (found === undefined && !isWanted) return;
    if (found === undefined) this.unreadable.push({ repository, digest });
    else this.recovered += 1;
    const manifest = found ?? this.#unreadable(digest);
    operations.set(digest, { op: 'manifest.put', repository, manifest });
    for (const child of manifest.manifests ?? []) {
      // An index may list platforms that were never pushed.
      await this.#collect(repository, child.digest, operations, false);
    }
  }

  /** As it was recorded for any repository, in use or deleted. */
  #findEntry(digest: Digest): ManifestEntry | undefined {
    for (const user of this.#catalog.content.users(digest)) {
      if (user.digest === digest && user.unreadable !== true) return asEntry(user);
    }
    for (const [, { manifests }] of this.#catalog.trash.repositories) {
      const trashed = manifests.get(digest);
      if (trashed !== undefined) return asEntry(trashed.manifest);
    }
    return undefined;
  }

  /** Out of its own bytes; undefined if they are not here, are damaged, or are no manifest. */
  async parse(digest: Digest): Promise<ManifestEntry | undefined> {
    const size = await this.#blobs.findSize(digest);
    if (size === undefined || size > LARGEST_MANIFEST) return undefined;
    const content = await this.#blobs.findContent(digest);
    if (content === undefined) return undefined;
    const entry = parseOrNot(digest, content, this.#listed.get(digest)?.mediaType);
    return entry && (await this.#withoutForeign(entry));
  }

  /** Layers that their makers forbid to distribute were never pushed. */
  async #withoutForeign(entry: ManifestEntry): Promise<ManifestEntry> {
    const absent: Digest[] = [];
    for (const { digest, mediaType } of blobsOf(entry)) {
      if (!isForeignLayer(mediaType)) continue;
      if ((await this.#blobs.findSize(digest)) === undefined) absent.push(digest);
    }
    return absent.length === 0 ? entry : { ...entry, absent };
  }

  #unreadable(digest: Digest): ManifestEntry {
    const { mediaType, size } = this.#listed.get(digest) ?? { mediaType: OCI_MANIFEST, size: 0 };
    return { digest, size, mediaType, unreadable: true };
  }

  /** When content came, as far as its file tells: milliseconds since 1970. */
  async cameAt(digest: Digest): Promise<number> {
    const path = join(this.#blobs.folder, algorithmOf(digest), hexOf(digest));
    return Math.floor((await stat(path)).mtimeMs);
  }
}

function asEntry(manifest: ManifestEntry): ManifestEntry {
  const { digest, size, mediaType, config, layers, manifests, subject, artifactType, annotations, absent } =
    manifest;
  const all = { config, layers, manifests, subject, artifactType, annotations, absent };
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { digest, size, mediaType, ...present };
}

function parseOrNot(
  digest: Digest,
  content: Buffer,
  mediaType: string | undefined,
): ManifestEntry | undefined {
  try {
    return parseManifest(digest, content, mediaType);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return mediaType === undefined ? undefined : parseOrNot(digest, content, undefined);
  }
}
