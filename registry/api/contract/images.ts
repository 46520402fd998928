import type { Author } from './history.ts';

/** What a manifest is to people: an image of one platform, an index of several, or anything else that is stored. */
export type Kind = 'image' | 'index' | 'artifact';

/** `GET /api/repositories` */
export interface RepositoryList {
  readonly repositories: readonly RepositorySummary[];
}

export interface RepositorySummary {
  readonly name: string;
  /** Without those that only attach something to an image that is here. */
  readonly tags: number;
  /** With a tag of their own or without any; not what is attached to another, or only a part of one. */
  readonly images: number;
  /** Bytes of all that it holds, each counted once; without what is in its trash. */
  readonly size: number;
  /** Bytes of it that nothing but this repository needs. */
  readonly exclusive: number;
  /** Images in its trash. */
  readonly trash: number;
  /** ISO 8601. */
  readonly lastPush: string;
  /** ISO 8601; null for never. */
  readonly lastPull: string | null;
}

/** `GET /api/tags?repository=`: what is in a repository; tags by name. */
export interface TagList {
  readonly repository: string;
  readonly tags: readonly TagSummary[];
  /** Tags by which clients attach things to what is here: `sha256-<hex>`, and cosign's `sha256-<hex>.sig`. */
  readonly attached: readonly AttachedSummary[];
  /**
   * What stays without a tag, because it never had one, and that no index lists and that is not attached to another;
   * the newest first.
   */
  readonly untagged: readonly UntaggedSummary[];
  /** What is on its way out, and counts neither as an image nor in the size; the last that came there first. */
  readonly trash: readonly TrashedSummary[];
}

export interface ImageSummary {
  readonly digest: string;
  readonly mediaType: string;
  readonly kind: Kind;
  readonly artifactType: string | null;
  /** `linux/amd64`, `linux/arm/v7`; null until the config was read, empty for artifacts. */
  readonly platforms: readonly string[] | null;
  /** Layers of an image; for an index, its manifests. */
  readonly parts: number;
  /** Bytes of all that it leads to. */
  readonly size: number;
  /** Bytes that deleting it alone would free. */
  readonly exclusive: number;
  /** ISO 8601. */
  readonly pushedAt: string;
  /** ISO 8601; null for never. */
  readonly pulledAt: string | null;
  /** Manifests attached to it: signatures, SBOMs, attestations. */
  readonly referrers: number;
}

export interface TagSummary extends ImageSummary {
  readonly tag: string;
  readonly protected: boolean;
  /** The retention rule whose pattern protects it in any case. */
  readonly protectedBy: { readonly rule: number; readonly pattern: string } | null;
  /** ISO 8601; null for never. */
  readonly expiresAt: string | null;
}

export interface AttachedSummary extends TagSummary {
  /** What it is attached to, and its tags. */
  readonly subject: string;
  readonly subjectTags: readonly string[];
}

export type UntaggedSummary = ImageSummary;

export interface TrashedSummary extends Omit<ImageSummary, 'exclusive'> {
  readonly trash: TrashState;
}

/** Of an image in the trash. `POST /api/restore` with `{"repository","digest"}` puts it back. */
export interface TrashState {
  /** What is put back: the image, or the index that it is a platform of. */
  readonly digest: string;
  /** ISO 8601: when the time began in which it can be put back, and when that ends. */
  readonly since: string;
  readonly until: string;
  /** Those that it had last; putting it back points them at it again. */
  readonly tags: readonly string[];
  /** One of them was moved on to another image, as against deleted. */
  readonly replaced: boolean;
  /** By its digest, until then. */
  readonly pullable: boolean;
}

/** `GET /api/trash?repository=`, also of a repository that was deleted: the last that came there first. */
export interface TrashList {
  readonly trash: readonly TrashedSummary[];
}

/** `GET /api/trash`: repositories that were deleted and of which images can be put back; by name. */
export interface DeletedList {
  readonly repositories: readonly DeletedSummary[];
}

export interface DeletedSummary {
  readonly name: string;
  /** In its trash. */
  readonly images: number;
  /** Bytes of these, each piece of content counted once. */
  readonly size: number;
  /** ISO 8601: when the last of them came there, and until when that can be put back. */
  readonly since: string;
  readonly until: string;
}

/** `GET /api/search?q=&limit=`: repositories, tags and digests that contain it, the best first. */
export interface SearchResult {
  readonly hits: readonly {
    readonly repository: string;
    /** Null for the repository itself, or for a manifest found by its digest. */
    readonly tag: string | null;
    readonly digest: string | null;
  }[];
  /** How many there are in all, counted up to 10,000. */
  readonly total: number;
}

/** `GET /api/images?repository=&reference=`: a tag or a digest of a manifest. */
export interface ImageDetails extends ImageSummary {
  readonly repository: string;
  /** The tag that was asked for; null for a digest. */
  readonly tag: string | null;
  /** All tags of this repository that point at it. */
  readonly tags: readonly string[];
  readonly protected: boolean;
  readonly protectedBy: { readonly rule: number; readonly pattern: string } | null;
  /** ISO 8601; null for never. */
  readonly expiresAt: string | null;
  /** Null unless it is on its way out. */
  readonly trash: TrashState | null;
  readonly pushedBy: Author | null;
  /** Bytes of the manifest itself. */
  readonly manifestSize: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** What it is attached to. */
  readonly subject: string | null;
  /** One for an image, the first 200 of an index in its order (`parts` says how many it lists); empty for artifacts. */
  readonly manifests: readonly ListedManifest[];
  readonly referrersList: readonly {
    readonly digest: string;
    readonly artifactType: string;
    readonly size: number;
    /** Of the tag that holds it, as cosign and others do it without referrers. */
    readonly tag: string | null;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
  /** With whom bytes are shared; the largest first, at most 50. */
  readonly sharedWith: readonly {
    readonly repository: string;
    readonly tag: string | null;
    readonly bytes: number;
  }[];
}

export interface ListedManifest {
  readonly digest: string;
  /** `unknown/unknown` and others as the index has them; null if nothing says. */
  readonly platform: string | null;
  readonly size: number;
  readonly mediaType: string;
  /** False if the index lists it and this registry does not have it. */
  readonly present: boolean;
  /** What buildx calls its attestations: attached to a platform, not runnable. */
  readonly attestationOf: string | null;
}

/** `GET /api/images/manifests?repository=&digest=&from=`: at most 200 of what an index lists, from that place on. */
export interface ManifestPage {
  /** All that it lists. */
  readonly total: number;
  readonly manifests: readonly ListedManifest[];
}

/**
 * `GET /api/images/missing?repository=&reference=`: what of an image, and of all that it lists, should be in this
 * registry and is not, because its file is gone or was quarantined. The first 100 of it.
 */
export interface MissingContentList {
  readonly missing: readonly {
    readonly digest: string;
    readonly kind: 'manifest' | 'config' | 'layer';
  }[];
  readonly more: boolean;
}

/** `GET /api/images/platform?repository=&digest=`: one manifest with config and layers. */
export interface PlatformImage {
  readonly digest: string;
  readonly mediaType: string;
  readonly platform: string | null;
  /** ISO 8601, as the config has it. */
  readonly created: string | null;
  readonly author: string | null;
  /** Null for artifacts, and for a config that is not JSON. */
  readonly config: ImageConfig | null;
  /** What the config says of every step, the first first; those without a layer included. */
  readonly history: readonly {
    /** As the Dockerfile had it: `EXPOSE 3000/tcp`. */
    readonly createdBy: string;
    readonly created: string | null;
    readonly comment: string;
    /** Index in `layers`; null if it made none. */
    readonly layer: number | null;
  }[];
  readonly layers: readonly LayerSummary[];
}

export interface ImageConfig {
  readonly user: string;
  readonly workingDir: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
}

export interface LayerSummary {
  readonly digest: string;
  /** Of the uncompressed bytes; null if the config does not say. */
  readonly diffId: string | null;
  readonly mediaType: string;
  /** Bytes as stored, compressed if it is. */
  readonly size: number;
  /** The command that made it; null if nothing says. */
  readonly createdBy: string | null;
  /** Tags in the whole registry that need it, this one included. */
  readonly usedBy: number;
  /** False for foreign layers, and for what was quarantined. */
  readonly present: boolean;
}

/** `POST /api/tags` with `{"from":{"repository","reference"},"to":{"repository","tag"}}` */
export interface Tagged {
  /** Null if it pointed there already. */
  readonly change: number | null;
  readonly digest: string;
  /** Where the tag pointed before. */
  readonly replaced: string | null;
}

export interface ImageReference {
  readonly repository: string;
  /** A tag, or a digest of a manifest. Absent: the whole repository. */
  readonly reference?: string;
}

/** `POST /api/deletions/plan` with `{"references":[ImageReference]}`: what `POST /api/deletions` would do. */
export interface DeletionPlan {
  readonly tags: readonly { readonly repository: string; readonly tag: string; readonly digest: string }[];
  /** What goes with them: platform manifests, referrers and their tags. */
  readonly manifests: number;
  readonly attached: readonly { readonly repository: string; readonly tag: string }[];
  /** Bytes that a reclaim frees, once this cannot be undone any more. */
  readonly bytes: number;
  /** ISO 8601: until then it can be undone. */
  readonly restorableUntil: string;
  /** What is refused, and why: protected tags. */
  readonly refused: readonly { readonly reference: string; readonly reason: string }[];
}

/** `POST /api/deletions` with `{"references":[ImageReference]}`: one record, taken back by one undo. */
export interface Deletion {
  readonly change: number | null;
  readonly tags: number;
  readonly manifests: number;
}

/** `POST /api/resolve` with `{"references":["app:v1"]}` answers with a list of these, `resolved`. */
export interface Resolved {
  readonly reference: string;
  /** As it would be here: `app:latest` for `app`. Null for what cannot be a name of a tag. */
  readonly name: string | null;
  /** Where it points; null if it does not exist. */
  readonly digest: string | null;
}
