import type { Digest } from '../reference.ts';
import { Catalog } from './catalog.ts';
import type { Operation } from './operation.ts';
import type { Manifest } from './repository.ts';

/** The catalog as JSON: what a checkpoint holds. docs/journal.md */
export interface Snapshot {
  readonly cacheHits: number;
  readonly cacheMisses: number;
  readonly repositories: readonly RepositorySnapshot[];
}

interface RepositorySnapshot {
  readonly name: string;
  readonly lastPush: number;
  readonly tags: readonly (readonly [tag: string, digest: Digest, pushedAt: number])[];
  readonly manifests: readonly Manifest[];
  readonly blobs: readonly (readonly [digest: Digest, size: number])[];
}

export const EMPTY_SNAPSHOT: Snapshot = { cacheHits: 0, cacheMisses: 0, repositories: [] };

export function takeSnapshot(catalog: Catalog): Snapshot {
  return {
    cacheHits: catalog.cacheHits,
    cacheMisses: catalog.cacheMisses,
    repositories: [...catalog.repositories.values()].map((repository) => ({
      name: repository.name,
      lastPush: repository.lastPush,
      tags: [...repository.tags].map(([tag, { digest, pushedAt }]) => [tag, digest, pushedAt] as const),
      manifests: [...repository.manifests.values()],
      blobs: [...repository.blobs],
    })),
  };
}

/** Restores by applying operations, so that there is one way only to change a catalog. */
export function restoreSnapshot(snapshot: Snapshot): Catalog {
  const catalog = new Catalog();
  const apply = (time: number, op: Operation): void =>
    catalog.apply({ seq: 0, batch: 0, time, actor: {}, ops: [op] });

  for (const { name: repository, lastPush, tags, manifests, blobs } of snapshot.repositories) {
    for (const [digest, size] of blobs) apply(0, { op: 'blob.link', repository, digest, size });
    for (const { pushedAt, pulledAt, ...manifest } of manifests) {
      apply(pushedAt, { op: 'manifest.put', repository, manifest });
      if (pulledAt !== undefined) {
        const pulls = [[repository, manifest.digest, pulledAt] as const];
        apply(0, { op: 'observed', cacheHits: 0, cacheMisses: 0, pulls });
      }
    }
    for (const [tag, digest, pushedAt] of tags) apply(pushedAt, { op: 'tag.put', repository, tag, digest });
    const restored = catalog.findRepository(repository);
    if (restored !== undefined) restored.lastPush = lastPush;
  }
  const { cacheHits, cacheMisses } = snapshot;
  apply(0, { op: 'observed', cacheHits, cacheMisses, pulls: [] });
  return catalog;
}
