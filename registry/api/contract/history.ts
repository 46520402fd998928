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
