/** `GET /api/jobs/<id>`: long work. */
export interface Job {
  readonly id: string;
  /** `reclaim`, `verify`, `read files`, `import`. */
  readonly kind: string;
  /** What it works on, for people: `app:v1`, `images.tar`; empty if the kind says it all. */
  readonly subject: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; null while it runs. */
  readonly endedAt: string | null;
  /** Of `total`, in a unit that the kind gives; `total` is 0 before it is known. */
  readonly done: number;
  readonly total: number;
  readonly result?: unknown;
  /** For people, if it failed. */
  readonly error?: string;
}
