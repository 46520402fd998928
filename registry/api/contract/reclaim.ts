/** `POST /_gc`: what was done, measured on the file system. */
export interface ReclaimResult {
  readonly deletedLayers: number;
  readonly deletedConfigs: number;
  readonly deletedManifests: number;
  /** Files that were removed in all. */
  readonly deletedBlobs: number;
  /** Bytes of the disk that those files and the expired uploads took. */
  readonly reclaimedBytes: number;
  /** Bytes that the file system has free. */
  readonly freeBefore: number;
  readonly freeAfter: number;
  readonly expiredUploads: number;
  readonly uploads: OpenUploads;
  readonly stays: readonly Stay[];
  /** Bytes that only what can still be restored keeps on the disk. */
  readonly trashBytes: number;
  readonly problems: readonly string[];
}

/** Uploads under way, or broken off not long ago: each ends `--upload-lifetime` after its last byte. */
export interface OpenUploads {
  readonly count: number;
  /** Bytes of the disk. */
  readonly bytes: number;
  /** When the last of them ends if no client goes on: ISO 8601; null without any. */
  readonly until: string | null;
}

/** What stays although nothing leads to it. */
export interface Stay {
  /** `deleted`, `untagged`: can still be restored; `unused`, `in use`: a push may need it. */
  readonly reason: 'deleted' | 'untagged' | 'unused' | 'in use';
  readonly count: number;
  /** Bytes that nothing but these keeps: not those that things of several reasons share. */
  readonly bytes: number;
  /** How many files that is. */
  readonly files: Readonly<Record<'manifest' | 'config' | 'layer' | 'blob', number>>;
}

/** `GET /_gc`: what `POST /_gc` would do. */
export interface ReclaimPreview {
  readonly items: readonly {
    readonly repository: string;
    readonly kind: 'trash' | 'manifest' | 'link';
    readonly digest: string;
    /** What it was called last, at most five names of it; none if it never had a tag, or is a platform of an index. */
    readonly tags: readonly string[];
    readonly reason: Stay['reason'];
    /** ISO 8601. */
    readonly since: string;
  }[];
  readonly content: readonly {
    readonly digest: string;
    /** `blob`: no manifest that goes with it says what it was. */
    readonly kind: 'manifest' | 'config' | 'layer' | 'blob';
    /** Bytes of the disk. */
    readonly bytes: number;
  }[];
  readonly bytes: number;
  /** Uploads that have expired, and go. */
  readonly expiredUploads: number;
  readonly uploads: OpenUploads;
  readonly stays: readonly Stay[];
  readonly trashBytes: number;
  readonly problems: readonly string[];
}
