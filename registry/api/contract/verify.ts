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
