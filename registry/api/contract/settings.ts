/**
 * `GET /api/settings`, `PATCH /api/settings` with some of them. A budget that would take something at once is answered
 * with 409 CONFIRMATION_REQUIRED and a `BudgetLoss`, an undo window that would end for something in the trash with an
 * `UndoLoss`, unless the body says `"confirm":true`, too.
 * What each is for: docs/retention.md, docs/deletion.md
 */
export interface Settings {
  /** Days for which what was deleted or overwritten can be put back. */
  readonly undoDays: number;
  /** Minutes between two rounds that free the disk; null for only when asked. */
  readonly reclaimMinutes: number | null;
  /** Days after its last push or pull at which a manifest that never had a tag goes; null for never. */
  readonly untaggedDays: number | null;
  /** Days between two checks of all content against its digests; null for only when asked. */
  readonly verifyDays: number | null;
  /** Bytes that all content may take; null for as much as there is room for. */
  readonly budget: number | null;
  /** Bytes of the disk that Berth leaves free; null for its own choice. */
  readonly reserve: number | null;
  /** In the order in which they are tried. */
  readonly retention: readonly RetentionRule[];
}

export interface RetentionRule {
  /** A pattern: `ci/**`. */
  readonly repositories: string;
  /** A pattern: `pr-*`. All tags if absent. */
  readonly tags?: string;
  /** This many of the newest tags stay, in each repository. */
  readonly keepNewest?: number;
  /** What was pushed or pulled within this many days stays. */
  readonly keepDays?: number;
  /** In place of the setting of that name, in these repositories. */
  readonly untaggedDays?: number | null;
  /** Patterns of tags that nothing overwrites or deletes. */
  readonly protect?: readonly string[];
}

/** What a budget takes as soon as it is set. None of it can be undone. */
export interface BudgetLoss {
  /** Bytes that content may take then. */
  readonly limit: number;
  /** Bytes that it takes now. */
  readonly used: number;
  readonly tags: number;
  readonly manifests: number;
  /** Of what was deleted, or has lost its last tag: what could still be put back. */
  readonly trashed: number;
  /** Tags that the rules take first: what they take cannot be put back then either. */
  readonly ruled: number;
  readonly bytes: number;
  /** Bytes over the limit that are protected or in use now. */
  readonly short: number;
  /** How many of them lose something. */
  readonly repositories: number;
  /** Those that lose the most bytes, at most a hundred. */
  readonly byRepository: readonly {
    readonly repository: string;
    readonly tags: number;
    readonly manifests: number;
    readonly bytes: number;
  }[];
  /** The images that go first, at most twenty, what was used longest ago before the others. */
  readonly first: readonly {
    readonly repository: string;
    readonly digest: string;
    readonly tags: readonly string[];
    /** ISO 8601. */
    readonly lastUsedAt: string;
  }[];
}

/** What an undo window gives up when it is set: images in the trash that could be put back until then. */
export interface UndoLoss {
  readonly undoDays: number;
  readonly images: number;
  /** How many have such an image in their trash. */
  readonly repositories: number;
  /** That the next reclaim frees. */
  readonly bytes: number;
}
