/**
 * `GET /api/retention`: what `POST /api/retention` would do. `POST` with `{"dryRun":true,"retention":[...]}`: the same
 * if those were the rules.
 */
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

/** `PATCH /api/tags?repository=&tag=` */
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

/** `PATCH /api/tags?repository=` with `"tags"`: one record, taken back by one undo. */
export interface TagsChanged {
  /** Null if all were so already. */
  readonly change: number | null;
  /** How many were not. */
  readonly tags: number;
}

/** `POST /api/tags/plan?repository=` with `"tags"` and `"protected"`: what `PATCH /api/tags` would change with these. */
export interface ProtectionPlan {
  /** Those named, without those that are so already. */
  readonly tags: readonly TagPlan[];
  /** Other tags of the repository that a rule takes or leaves alone instead. */
  readonly others: readonly TagPlan[];
}

/** What the next run of retention does with a tag as it is, and what it would do afterwards. */
export interface TagPlan {
  readonly tag: string;
  readonly before: TagDecision;
  readonly after: TagDecision;
}

export interface TagDecision {
  readonly stays: boolean;
  /** For people; to follow "stays: " or "goes: ". */
  readonly reason: string;
}

/** `GET /api/why` */
export interface Why {
  readonly reference: string;
  readonly kept: boolean;
  /** Somebody has deleted it. `kept` says then whether it can be put back. */
  readonly deleted: boolean;
  readonly reasons: readonly string[];
}
