import type { Digest } from '../reference.ts';

/** What a manifest says of content that it points at. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** The parts of a manifest that the catalog works with; the bytes themselves are in the blob store. */
export interface ManifestEntry {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  readonly config?: Descriptor;
  /** Blobs other than the config: an image's layers, or those that the index of a build cache lists. */
  readonly layers?: readonly Descriptor[];
  /** Manifests that an index lists. */
  readonly manifests?: readonly Descriptor[];
  /** What it was attached to. Kept with it: what a list of referrers shows. */
  readonly subject?: Digest;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Everything that can happen to the catalog. docs/journal.md lists the same, for people. */
export type Operation =
  | { readonly op: 'blob.link'; readonly repository: string; readonly digest: Digest; readonly size: number }
  | { readonly op: 'blob.unlink'; readonly repository: string; readonly digest: Digest }
  | { readonly op: 'manifest.put'; readonly repository: string; readonly manifest: ManifestEntry }
  | { readonly op: 'manifest.delete'; readonly repository: string; readonly digest: Digest }
  | { readonly op: 'tag.put'; readonly repository: string; readonly tag: string; readonly digest: Digest }
  | { readonly op: 'tag.delete'; readonly repository: string; readonly tag: string }
  | {
      /** What was only observed since the last such record. A crash may lose a minute of it. */
      readonly op: 'observed';
      readonly cacheHits: number;
      readonly cacheMisses: number;
      /** Repository, manifest digest, time of the last pull in milliseconds since 1970. */
      readonly pulls: readonly (readonly [repository: string, digest: Digest, time: number])[];
    };
