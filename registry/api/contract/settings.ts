/** `GET /api/settings`, `PATCH /api/settings` with some of them. What each is for: docs/retention.md, docs/deletion.md */
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
