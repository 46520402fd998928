import type { Digest } from '../reference.ts';
import type { Actor } from '../journal/record.ts';
import { Catalog } from './catalog.ts';
import type { Change, History, TagEvent } from './history.ts';
import type { Manifest, Tag } from './repository.ts';

/** The catalog as JSON: what a checkpoint holds. docs/journal.md */
export interface Snapshot {
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly repositories: readonly RepositorySnapshot[];
  // Absent in checkpoints of the first version, which had neither trash nor history.
  readonly trash?: readonly TrashSnapshot[];
  /** The same few clients make all the changes: events name them by their place in this list. */
  readonly actors?: readonly Actor[];
  readonly timelines?: readonly (readonly [
    repository: string,
    tag: string,
    events: readonly EventSnapshot[],
  ])[];
  readonly changes?: readonly Change[];
}

interface RepositorySnapshot {
  readonly name: string;
  readonly lastPush: number;
  readonly tags: readonly (readonly [tag: string, digest: Digest, pushedAt: number, more?: TagProperties])[];
  readonly manifests: readonly Omit<Manifest, 'repository'>[];
  readonly blobs: readonly (readonly [digest: Digest, size: number])[];
  readonly unused?: readonly (readonly [digest: Digest, since: number])[];
}

type EventSnapshot = readonly [
  seq: number,
  time: number,
  actor: number,
  digest: Digest | null,
  previous: Digest | null,
  size: number | null,
];

type TagProperties = Pick<Tag, 'protected' | 'expiresAt' | 'restoredAt'>;

interface TrashSnapshot {
  readonly repository: string;
  readonly manifests: readonly (readonly [deletedAt: number, manifest: Omit<Manifest, 'repository'>])[];
  readonly blobs: readonly (readonly [digest: Digest, size: number, deletedAt: number])[];
}

export const EMPTY_SNAPSHOT: Snapshot = { cacheHits: 0, cacheMisses: 0, repositories: [] };

export function takeSnapshot(catalog: Catalog): Snapshot {
  const { cacheHits, cacheMisses, repositories, trash, history } = catalog;
  return {
    cacheHits,
    cacheMisses,
    repositories: [...repositories.values()].map((repository) => ({
      name: repository.name,
      lastPush: repository.lastPush,
      tags: [...repository.tags].map(([name, tag]) => snapshotTag(name, tag)),
      manifests: [...repository.manifests.values()].map(withoutRepository),
      blobs: [...repository.blobs],
      unused: [...repository.unusedSince],
    })),
    trash: [...trash.repositories].map(([repository, { manifests, blobs }]) => ({
      repository,
      manifests: [...manifests.values()].map(
        ({ manifest, deletedAt }) => [deletedAt, withoutRepository(manifest)] as const,
      ),
      blobs: [...blobs].map(([digest, { size, deletedAt }]) => [digest, size, deletedAt] as const),
    })),
    ...snapshotHistory(history),
    changes: [...history.changes.values()],
  };
}

function snapshotHistory({ timelines }: History): Required<Pick<Snapshot, 'actors' | 'timelines'>> {
  const places = new Map<Actor, number>();
  const placeOf = (actor: Actor): number => {
    const place = places.get(actor) ?? places.size;
    places.set(actor, place);
    return place;
  };
  const snapshots: [string, string, EventSnapshot[]][] = [];
  for (const [repository, tags] of timelines) {
    for (const [tag, events] of tags) {
      const list = events.map(
        ({ seq, time, actor, digest = null, previous = null, size = null }): EventSnapshot => [
          seq,
          time,
          placeOf(actor),
          digest,
          previous,
          size,
        ],
      );
      snapshots.push([repository, tag, list]);
    }
  }
  return { actors: [...places.keys()], timelines: snapshots };
}

function restoreEvent(
  [seq, time, actor, digest, previous, size]: EventSnapshot,
  actors: readonly Actor[],
  share: (digest: Digest) => Digest,
): TagEvent {
  return {
    seq,
    time,
    actor: actors[actor] ?? {},
    ...(digest === null ? {} : { digest: share(digest) }),
    ...(previous === null ? {} : { previous: share(previous) }),
    ...(size === null ? {} : { size }),
  };
}

function snapshotTag(name: string, { digest, pushedAt, ...more }: Tag) {
  const plain = [name, digest, pushedAt] as const;
  return Object.keys(more).length === 0 ? plain : ([...plain, more] as const);
}

/** JSON leaves out what is undefined: the repository's name stands above its manifests already. */
function withoutRepository(manifest: Manifest): Omit<Manifest, 'repository'> {
  return { ...manifest, repository: undefined } as Omit<Manifest, 'repository'>;
}

export function restoreSnapshot(snapshot: Snapshot): Catalog {
  const catalog = new Catalog();
  const { repositories, trash = [], actors = [], timelines = [], changes = [] } = snapshot;
  for (const each of repositories) restoreRepository(catalog, each);
  for (const { repository, manifests, blobs } of trash) {
    for (const [deletedAt, manifest] of manifests) {
      catalog.trash.addManifest(catalog.parts.manifest(repository, manifest, manifest), deletedAt);
    }
    for (const [digest, size, deletedAt] of blobs)
      catalog.trash.addLink(repository, digest, { size, deletedAt });
  }
  const shared = actors.map((actor) => catalog.history.share(actor));
  for (const [repository, tag, events] of timelines) {
    const present = catalog.findRepository(repository)?.tags.get(tag)?.digest;
    // Most timelines end where the tag is now.
    const share = (digest: Digest): Digest => (digest === present ? present : catalog.parts.digest(digest));
    catalog.history.restoreTimeline(
      repository,
      tag,
      events.map((event) => restoreEvent(event, shared, share)),
    );
  }
  for (const change of changes) catalog.history.keepChange(change);
  catalog.cacheHits = snapshot.cacheHits;
  catalog.cacheMisses = snapshot.cacheMisses;
  return catalog;
}

function restoreRepository(catalog: Catalog, snapshot: RepositorySnapshot): void {
  const { name, lastPush, tags, manifests, blobs, unused = [] } = snapshot;
  const repository = catalog.repository(name);
  for (const manifest of manifests) catalog.addManifest(catalog.parts.manifest(name, manifest, manifest));
  for (const [digest, size] of blobs) catalog.link(name, digest, size, 0);
  // Of a manifest that was tagged and is not any more: putTag clears it for those that are.
  for (const [tag, digest, pushedAt, more] of tags) {
    const target = repository.manifests.get(digest)?.digest ?? digest;
    repository.putTag(tag, { digest: target, pushedAt, ...more }, pushedAt);
  }
  for (const [digest, since] of unused) repository.unusedSince.set(catalog.parts.digest(digest), since);
  repository.lastPush = lastPush;
}
