import type { Digest } from '../reference.ts';
import type { ContentIndex } from './content-index.ts';
import type { Descriptor, ManifestEntry } from './operation.ts';
import type { Life, Manifest } from './repository.ts';

/** More than all that clients use; whatever else somebody makes up is kept as often as it comes. */
const MEDIA_TYPES = 1000;

/**
 * What many manifests have in common, kept in memory once: each record brings its own copy of the same few media
 * types, and of layers that thousands of images share.
 */
export class SharedParts {
  readonly #content: ContentIndex;
  readonly #mediaTypes = new Map<string, string>();

  constructor(content: ContentIndex) {
    this.#content = content;
  }

  digest(digest: Digest): Digest {
    return this.#content.find(digest)?.digest ?? digest;
  }

  /** All have the same members, in the same order: V8 keeps such objects in the least room. */
  manifest(repository: string, entry: ManifestEntry, life: Life): Manifest {
    return {
      repository,
      digest: this.digest(entry.digest),
      size: entry.size,
      mediaType: this.#mediaType(entry.mediaType),
      config: entry.config && this.#descriptor(entry.config),
      layers: entry.layers?.map((each) => this.#descriptor(each)),
      manifests: entry.manifests?.map((each) => this.#descriptor(each)),
      subject: entry.subject && this.digest(entry.subject),
      artifactType: entry.artifactType,
      annotations: entry.annotations,
      absent: entry.absent,
      unreadable: entry.unreadable,
      pushedAt: life.pushedAt,
      pulledAt: life.pulledAt,
      untaggedAt: life.untaggedAt,
      restoredAt: life.restoredAt,
    };
  }

  #descriptor({ mediaType, digest, size }: Descriptor): Descriptor {
    const known = this.#content.find(digest);
    const named = known?.descriptor;
    if (named?.mediaType === mediaType && named.size === size) return named;
    return { mediaType: this.#mediaType(mediaType), digest: known?.digest ?? digest, size };
  }

  #mediaType(mediaType: string): string {
    const known = this.#mediaTypes.get(mediaType);
    if (known === undefined && this.#mediaTypes.size < MEDIA_TYPES)
      this.#mediaTypes.set(mediaType, mediaType);
    return known ?? mediaType;
  }
}
