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

/** `POST /api/restore/plan` with the body of `POST /api/restore`: what that would do. */
export interface RestorePlan {
  readonly repository: string;
  readonly tag: string;
  /** Null if the tag is gone. */
  readonly from: TagPlace | null;
  readonly to: TagPlace;
  /** ISO 8601: the tag was the last that led to where it points now; until then that can be put back. Null if others do. */
  readonly untaggedUntil: string | null;
  /** Manifests that come back from the trash. */
  readonly restored: number;
  /** Tags that come back along, because they attach something to it. */
  readonly attached: readonly string[];
}

export interface TagPlace {
  readonly digest: string;
  /** ISO 8601. */
  readonly pushedAt: string;
  /** Bytes of all that it leads to; null if nobody noted it. */
  readonly size: number | null;
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
  /** Why it cannot be undone as things are, for people; of very large changes only a part is looked at. */
  readonly refusal?: string;
}
