import type { LogLevel } from '../log.ts';

/** `GET /healthz` */
export interface Health {
  readonly status: 'ok';
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly dataFolder: string;
  readonly logLevel: LogLevel;
}

/** `GET /_stats` */
export interface Stats {
  readonly repositories: number;
  /** Manifests that no index of their repository lists. */
  readonly images: number;
  readonly layers: {
    readonly count: number;
    /** Bytes of distinct layers. */
    readonly totalSize: number;
    readonly cacheHits: number;
    readonly cacheMisses: number;
    /** 0 to 1; 0 before the first layer. */
    readonly hitRate: number;
  };
  readonly repositoryDetails: readonly RepositoryStats[];
}

export interface RepositoryStats {
  readonly name: string;
  readonly tags: readonly string[];
  readonly imageCount: number;
  /** Bytes of all that its manifests name, each counted once. */
  readonly totalSize: number;
  /** ISO 8601. */
  readonly lastPush: string;
}

/** Who made a change. */
export interface Author {
  readonly user?: string;
  /** The client's `User-Agent`. */
  readonly client?: string;
  readonly address?: string;
}

/** `GET /api/history`: one move of a tag, the newest first. */
export interface HistoryEvent {
  /** The record of the journal that did it. */
  readonly change: number;
  /** ISO 8601. */
  readonly time: string;
  readonly repository: string;
  readonly tag: string;
  /** Where it points since then; null if it was deleted. */
  readonly digest: string | null;
  readonly previous: string | null;
  /** Bytes of all that it led to; null if it was deleted. */
  readonly size: number | null;
  readonly previousSize: number | null;
  readonly actor: Author;
  /** Whether the tag can be put back to this digest. */
  readonly restorable: boolean;
}

/** `GET /api/changes`: what one record changed, the newest first. */
export interface ChangeSummary {
  readonly change: number;
  /** ISO 8601. */
  readonly time: string;
  readonly actor: Author;
  /** For people: `deleted app:v1`. */
  readonly summary: string;
  readonly undoOf?: number;
  readonly undoneBy?: number;
}

/** `POST /_gc`: what was done, measured on the file system. */
export interface ReclaimResult {
  readonly deletedLayers: number;
  readonly deletedManifests: number;
  /** Files that were removed in all. */
  readonly deletedBlobs: number;
  /** Bytes of the disk that those files took. */
  readonly reclaimedBytes: number;
  /** Bytes that the file system has free. */
  readonly freeBefore: number;
  readonly freeAfter: number;
  readonly expiredUploads: number;
  readonly stays: readonly Stay[];
  /** Bytes that only what can still be restored keeps on the disk. */
  readonly trashBytes: number;
  readonly problems: readonly string[];
}

/** What stays although nothing leads to it. */
export interface Stay {
  /** `deleted`, `untagged`: can still be restored; `unused`, `in use`: a push may need it. */
  readonly reason: 'deleted' | 'untagged' | 'unused' | 'in use';
  readonly count: number;
  /** Bytes that nothing but these keeps: not those that things of several reasons share. */
  readonly bytes: number;
}

/** `GET /_gc`: what `POST /_gc` would do. */
export interface ReclaimPreview {
  readonly items: readonly {
    readonly repository: string;
    readonly kind: 'trash' | 'manifest' | 'link';
    readonly digest: string;
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
  readonly stays: readonly Stay[];
  readonly trashBytes: number;
  readonly problems: readonly string[];
}

/** `POST /api/verify`, and the result of a `verify` job. */
export interface VerifyResult {
  readonly checked: { readonly blobs: number; readonly bytes: number };
  /** Quarantined, but for `wrong size` (a manifest or a link is wrong) and `not permitted` (the file's owner is). */
  readonly damaged: readonly {
    readonly digest: string;
    readonly problem: 'empty' | 'wrong digest' | 'unreadable' | 'not permitted' | 'wrong size';
    /** What cannot be pulled whole without it: `repository:tag`, `repository@digest`. */
    readonly dependents: readonly string[];
  }[];
  /** Needed, and not on the disk. */
  readonly missing: readonly { readonly digest: string; readonly dependents: readonly string[] }[];
  /** Digests that were in the quarantine with the right bytes, and are back. */
  readonly restored: readonly string[];
  readonly journal: {
    /** Damage of its files. */
    readonly problems: readonly string[];
    /** Where what is in memory is not what the journal says. */
    readonly differences: readonly string[];
    readonly repaired: readonly string[];
    /** Repositories that changed too often to be compared. */
    readonly changing: number;
  };
  readonly ok: boolean;
}

/** `GET /api/jobs/<id>`: long work. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** ISO 8601. */
  readonly startedAt: string;
  /** Of `total`, in a unit that the kind gives; `total` is 0 before it is known. */
  readonly done: number;
  readonly total: number;
  readonly result?: unknown;
  /** For people, if it failed. */
  readonly error?: string;
}

/** `GET /api/retention`: what `POST /api/retention` would do. */
export interface RetentionPreview {
  /** ISO 8601. */
  readonly time: string;
  readonly deletions: readonly RetentionDecision[];
  /** Bytes that all of them free, once nothing of it can be restored any more. */
  readonly bytes: number;
  /** What each rule would free if it were the only one. */
  readonly byRule: readonly {
    /** `retention rule 2`, `lifetimes` or `untaggedDays`. */
    readonly rule: string;
    readonly tags: number;
    readonly manifests: number;
    /** Bytes. */
    readonly exclusive: number;
  }[];
  /** Of what stays, how many for which reason. */
  readonly staysByReason: readonly { readonly reason: string; readonly count: number }[];
  /** Only if they were asked for, with `stays=true` or `repository=`. */
  readonly stays?: readonly RetentionDecision[];
  readonly budget: BudgetPreview;
}

export interface RetentionDecision {
  readonly repository: string;
  /** Null for a manifest that never had one. */
  readonly tag: string | null;
  readonly digest: string;
  /** For people; to follow "stays: " or "goes: ". */
  readonly reason: string;
  /** Manifests that go with it; 0 if the tag goes alone. */
  readonly manifests?: number;
  /** Bytes that this frees on top of those above it. */
  readonly bytes?: number;
}

export interface BudgetPreview {
  /** Bytes that content may take; null for no limit. */
  readonly limit: number | null;
  /** Bytes that it takes. */
  readonly used: number;
  /** What goes for good, and cannot be undone. */
  readonly deletions: readonly {
    readonly kind: 'deleted' | 'unused' | 'untagged' | 'image';
    readonly repository: string;
    readonly digest: string;
    readonly tags: readonly string[];
    /** ISO 8601: deleted, linked, untagged, or last used then. */
    readonly since: string;
    readonly bytes: number;
  }[];
  readonly bytes: number;
  /** Bytes over the limit that stay, because they are protected or in use. */
  readonly short: number;
}

/** `POST /api/retention` */
export interface RetentionResult {
  /** Each can be undone. */
  readonly changes: readonly number[];
  readonly tags: number;
  readonly manifests: number;
  /** What was planned and used or changed before its turn came. */
  readonly skipped: number;
  readonly budget: {
    readonly limit: number | null;
    readonly tags: number;
    readonly manifests: number;
    readonly bytes: number;
    readonly short: number;
  };
}

/** `PATCH /api/tags` */
export interface TagState {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly protected: boolean;
  /** The retention rule whose pattern protects it in any case. */
  readonly protectedBy: { readonly rule: number; readonly pattern: string } | null;
  /** ISO 8601; null for never. */
  readonly expiresAt: string | null;
}

/** `GET /api/why` */
export interface Why {
  readonly reference: string;
  readonly kept: boolean;
  readonly reasons: readonly string[];
}
