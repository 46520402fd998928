import type { Actor } from '../journal/record.ts';
import type { Digest } from '../reference.ts';
import type { Tag } from './repository.ts';

/** One move of a tag. */
export interface TagEvent {
  /** The record that did it. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly actor: Actor;
  /** Where it points since then; absent if it was deleted. */
  readonly digest?: Digest;
  readonly previous?: Digest;
  /** Bytes of all that the tag led to at that moment. */
  readonly size?: number;
}

/** What one record changed, as far as a person could want it back. */
export type Effect =
  | {
      readonly kind: 'tag';
      readonly repository: string;
      readonly tag: string;
      readonly before?: Tag;
      readonly after?: Tag;
      /** Both as in `tag.put`. */
      readonly from?: string;
      readonly imported?: true;
    }
  | {
      readonly kind: 'manifest' | 'blob';
      readonly repository: string;
      readonly digest: Digest;
      readonly is: 'added' | 'deleted';
      /** As in `manifest.put`. */
      readonly imported?: true;
    }
  | RepositoryEffect;

/** A whole repository came or went. */
export interface RepositoryEffect {
  readonly kind: 'repository';
  readonly repository: string;
  readonly is: 'added' | 'deleted';
  /** Of the repository before that. Milliseconds since 1970. */
  readonly lastPush: number;
  readonly tags: readonly (readonly [tag: string, target: Tag])[];
  readonly manifests: readonly Digest[];
  readonly blobs: readonly Digest[];
}

export interface Change {
  /** The record's. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly actor: Actor;
  readonly effects: readonly Effect[];
  /** The record that it took back. */
  readonly undoOf?: number;
  undoneBy?: number;
}

/** So many can always be undone, however much each of them changed. */
const CHANGES = 1000;
/** And so many as long as they did not change more than this in all: a busy week. */
const MOST_CHANGES = 20_000;
const MOST_EFFECTS = 100_000;

const EVENTS_OF_A_TAG = 1000;
const ACTORS = 1000;

/** What happened: a timeline for each tag, and the last changes of all, which can be undone. */
export class History {
  readonly timelines = new Map<string, Map<string, TagEvent[]>>();
  /** By record; the oldest first. */
  readonly changes = new Map<number, Change>();
  readonly #actors = new Map<string, Actor>();
  /** Of all changes. */
  #effects = 0;

  /** The oldest first. */
  timeline(repository: string, tag: string): readonly TagEvent[] {
    return this.timelines.get(repository)?.get(tag) ?? [];
  }

  /**
   * The push that pointed a tag at a digest last: putting it back is none.
   *
   * @param pushedAt when that was, in milliseconds since 1970; as the timeline has it if absent
   */
  findPush(repository: string, tag: string, digest: Digest, pushedAt?: number): TagEvent | undefined {
    const events = this.timeline(repository, tag).filter((each) => each.digest === digest);
    const last = events.at(-1);
    const time = pushedAt ?? this.#targetOf(last?.seq, repository, tag)?.pushedAt ?? Infinity;
    return events.findLast((each) => each.time <= time) ?? last;
  }

  /** Where a change pointed a tag, as far as the change is remembered. */
  #targetOf(seq: number | undefined, repository: string, tag: string): Tag | undefined {
    for (const effect of this.changes.get(seq ?? 0)?.effects ?? []) {
      if (effect.repository !== repository) continue;
      if (effect.kind === 'tag' && effect.tag === tag) return effect.after;
      if (effect.kind === 'repository') return effect.tags.find(([name]) => name === tag)?.[1];
    }
    return undefined;
  }

  addEvent(repository: string, tag: string, event: TagEvent): void {
    let timelines = this.timelines.get(repository);
    if (timelines === undefined) {
      timelines = new Map();
      this.timelines.set(repository, timelines);
    }
    const events = timelines.get(tag);
    const kept = { ...event, actor: this.share(event.actor) };
    if (events === undefined) timelines.set(tag, [kept]);
    else events.push(kept);
    if (events !== undefined && events.length > EVENTS_OF_A_TAG) events.shift();
  }

  /** A timeline that goes on with the event, and shares nothing with the one that it goes on from. */
  withEvent(events: readonly TagEvent[] = [], event: TagEvent): TagEvent[] {
    const kept = { ...event, actor: this.share(event.actor) };
    return [...events.slice(1 - EVENTS_OF_A_TAG), kept];
  }

  replaceTimelines(repository: string, timelines: Map<string, TagEvent[]>): void {
    if (timelines.size === 0) this.timelines.delete(repository);
    else this.timelines.set(repository, timelines);
  }

  /** Takes over the timeline of a tag as it is. Only for restoring a snapshot. */
  restoreTimeline(repository: string, tag: string, events: TagEvent[]): void {
    const timelines = this.timelines.get(repository);
    if (timelines === undefined) this.timelines.set(repository, new Map([[tag, events]]));
    else timelines.set(tag, events);
  }

  addChange(change: Change): void {
    if (change.undoOf !== undefined) this.#setUndone(change.undoOf, change.seq);
    this.keepChange(change);
    for (const [seq, { effects }] of this.changes) {
      const { size } = this.changes;
      if (size <= CHANGES || (size <= MOST_CHANGES && this.#effects <= MOST_EFFECTS)) break;
      this.changes.delete(seq);
      this.#effects -= weightOf(effects);
    }
  }

  /** One of a snapshot, which says already what undid what. */
  keepChange(change: Change): void {
    this.changes.set(change.seq, { ...change, actor: this.share(change.actor) });
    this.#effects += weightOf(change.effects);
  }

  /** Whoever undoes an undo brings back what that one had taken back. */
  #setUndone(seq: number, by: number | undefined): void {
    const change = this.changes.get(seq);
    if (change === undefined) return;
    if (by === undefined) delete change.undoneBy;
    else change.undoneBy = by;
    if (change.undoOf !== undefined) this.#setUndone(change.undoOf, by === undefined ? seq : undefined);
  }

  /** Timelines of tags that are gone since before `time`. */
  *gone(
    time: number,
    exists: (repository: string, tag: string) => boolean,
  ): Iterable<readonly [repository: string, tag: string]> {
    for (const [repository, timelines] of this.timelines) {
      for (const [tag, events] of timelines) {
        if ((events.at(-1)?.time ?? 0) < time && !exists(repository, tag)) yield [repository, tag];
      }
    }
  }

  /** Forgets those. */
  trim(time: number, exists: (repository: string, tag: string) => boolean): void {
    for (const [repository, tag] of this.gone(time, exists)) {
      const timelines = this.timelines.get(repository);
      timelines?.delete(tag);
      if (timelines?.size === 0) this.timelines.delete(repository);
    }
  }

  /** The same few clients make all the changes: each is kept once. */
  share(actor: Actor): Actor {
    const key = `${actor.user ?? ''}\n${actor.client ?? ''}\n${actor.address ?? ''}`;
    const known = this.#actors.get(key);
    if (known !== undefined) return known;
    if (this.#actors.size < ACTORS) this.#actors.set(key, actor);
    return actor;
  }
}

/** How much there is to remember of it. */
function weightOf(effects: readonly Effect[]): number {
  let weight = 0;
  for (const effect of effects) {
    weight += 1;
    if (effect.kind === 'repository') {
      weight += effect.tags.length + effect.manifests.length + effect.blobs.length;
    }
  }
  return weight;
}
