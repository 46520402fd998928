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
  readonly config?: Descriptor | undefined;
  /** Blobs other than the config: an image's layers, or those that the index of a build cache lists. */
  readonly layers?: readonly Descriptor[] | undefined;
  /** Manifests that an index lists. */
  readonly manifests?: readonly Descriptor[] | undefined;
  /** What it was attached to. Kept with it: what a list of referrers shows. */
  readonly subject?: Digest | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Blobs that it names and that its repository did not have when it was pushed. */
  readonly absent?: readonly Digest[] | undefined;
  /** Its bytes are lost, so that nobody knows what it points at. Only a repair makes such an entry. */
  readonly unreadable?: true | undefined;
}

/** Everything that can happen to the catalog. docs/journal.md lists the same, for people. */
export type Operation =
  | { readonly op: 'blob.link'; readonly repository: string; readonly digest: Digest; readonly size: number }
  | { readonly op: 'blob.unlink'; readonly repository: string; readonly digest: Digest }
  | { readonly op: 'blob.restore'; readonly repository: string; readonly digest: Digest }
  /** Links the blobs that the manifest names as well, but for those that are `absent`. */
  | {
      readonly op: 'manifest.put';
      readonly repository: string;
      readonly manifest: ManifestEntry;
      /** It came out of an archive. */
      readonly imported?: true;
    }
  | {
      /** Its tags go too. It can be restored until it is dropped. */
      readonly op: 'manifest.delete';
      readonly repository: string;
      readonly digest: Digest;
      /** Milliseconds since 1970: if it was pushed, tagged or listed later, it stays. Rules decide so. */
      readonly before?: number;
    }
  | { readonly op: 'manifest.restore'; readonly repository: string; readonly digest: Digest }
  | {
      readonly op: 'tag.put';
      readonly repository: string;
      readonly tag: string;
      readonly digest: Digest;
      /** Milliseconds since 1970; as before if absent. */
      readonly expiresAt?: number;
      /** When it was pushed, if this puts it back. Milliseconds since 1970. */
      readonly pushedAt?: number;
      /** What was here already and got the tag by name: `app:v1`, or `app@` and a digest. */
      readonly from?: string;
      /** An archive named it so. */
      readonly imported?: true;
    }
  | {
      readonly op: 'tag.delete';
      readonly repository: string;
      readonly tag: string;
      /** Milliseconds since 1970: if it was pushed later, or protected, it stays. Rules decide so. */
      readonly before?: number;
    }
  | {
      readonly op: 'tag.set';
      readonly repository: string;
      readonly tag: string;
      readonly protected?: boolean;
      /** Milliseconds since 1970; null for never. */
      readonly expiresAt?: number | null;
    }
  /**
   * Everything in a repository goes, unless a tag of it is protected: it can be restored until it is dropped. For
   * the sake of those who read meanwhile, a record has no other operation beside one of these but `undo`.
   */
  | {
      readonly op: 'repository.delete';
      readonly repository: string;
      /** Only what that record restored, as far as it is still as it was then. */
      readonly change?: number;
    }
  /** What that record deleted comes back, its tags too, but for what has taken its place since. */
  | { readonly op: 'repository.restore'; readonly repository: string; readonly change: number }
  /** The operations that follow in the record take back those of an earlier one. */
  | { readonly op: 'undo'; readonly of: number }
  | {
      /** Ends what can be restored, for good. */
      readonly op: 'drop';
      readonly repository: string;
      /** Milliseconds since 1970: what was pushed, untagged, deleted or linked later is left alone. */
      readonly before: number;
      /** Deleted ones. */
      readonly trash: readonly Digest[];
      /** Live ones that nothing leads to any more. */
      readonly manifests: readonly Digest[];
      /** Tags by which some of them are attached to a subject; they go if that is gone. */
      readonly attached: readonly (readonly [tag: string, subject: Digest])[];
      /** Links that were deleted, or that no manifest uses. */
      readonly blobs: readonly Digest[];
    }
  /** Forgets timelines of tags that are gone since before that time. */
  | { readonly op: 'history.trim'; readonly before: number }
  | {
      /** What was only observed since the last such record. A crash may lose a minute of it. */
      readonly op: 'observed';
      readonly cacheHits: number;
      readonly cacheMisses: number;
      /** Repository, manifest digest, time of the last pull in milliseconds since 1970. */
      readonly pulls: readonly (readonly [repository: string, digest: Digest, time: number])[];
    };
