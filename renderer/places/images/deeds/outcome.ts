/** What a deed makes of some tags. */
export interface Outcome {
  readonly names: string;
  /** `goes Nov 28, 2026`, `stays: no retention rule matches it` */
  readonly becomes: string;
  /** What was to become of them, where that is something else. */
  readonly before?: string | undefined;
  readonly warns?: boolean;
}
