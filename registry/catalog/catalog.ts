import type { JournalRecord } from '../journal/record.ts';
import type { Digest } from '../reference.ts';
import type { Operation } from './operation.ts';
import { Repository } from './repository.ts';
import { SharedContent } from './shared-content.ts';

/**
 * What the journal amounts to: a pure fold over its records, in memory. Queries are synchronous; nothing
 * but `apply` changes it, and applying the same records always gives the same state.
 */
export class Catalog {
  readonly repositories = new Map<string, Repository>();
  cacheHits = 0;
  cacheMisses = 0;

  readonly #layers = new SharedContent();
  #sortedNames: string[] | undefined;

  /** Names of the repositories that hold something to pull, in lexical order. */
  get sortedNames(): readonly string[] {
    this.#sortedNames ??= [...this.repositories.values()]
      .filter((repository) => !repository.isEmpty)
      .map(({ name }) => name)
      .sort();
    return this.#sortedNames;
  }

  /** Distinct layers of all images, and their bytes, each counted once. */
  get layers(): { count: number; totalSize: number } {
    const { count, totalSize } = this.#layers;
    return { count, totalSize };
  }

  isLayer(digest: Digest): boolean {
    return this.#layers.has(digest);
  }

  findRepository(name: string): Repository | undefined {
    return this.repositories.get(name);
  }

  /** A repository to which the blob was pushed or mounted. */
  findRepositoryOf(blob: Digest): Repository | undefined {
    for (const repository of this.repositories.values()) if (repository.blobs.has(blob)) return repository;
    return undefined;
  }

  apply(record: JournalRecord<Operation>): void {
    for (const operation of record.ops) this.#applyOperation(operation, record.time);
  }

  #applyOperation(operation: Operation, time: number): void {
    switch (operation.op) {
      case 'blob.link':
        this.#repository(operation.repository).blobs.set(operation.digest, operation.size);
        return;
      case 'blob.unlink':
        return this.#change(operation.repository, (repository) => {
          repository.blobs.delete(operation.digest);
        });
      case 'manifest.put': {
        const repository = this.#repository(operation.repository);
        if (repository.isEmpty) this.#sortedNames = undefined;
        const replaced = repository.manifests.get(operation.manifest.digest);
        const pulled = replaced?.pulledAt === undefined ? {} : { pulledAt: replaced.pulledAt };
        repository.putManifest({ ...operation.manifest, ...pulled, pushedAt: time });
        for (const layer of operation.manifest.layers ?? []) this.#layers.add(layer);
        for (const layer of replaced?.layers ?? []) this.#layers.remove(layer);
        return;
      }
      case 'manifest.delete':
        return this.#change(operation.repository, (repository) => {
          const deleted = repository.manifests.get(operation.digest);
          repository.deleteManifest(operation.digest);
          for (const layer of deleted?.layers ?? []) this.#layers.remove(layer);
          if (repository.isEmpty) this.#sortedNames = undefined;
        });
      case 'tag.put':
        return this.#change(operation.repository, (repository) => {
          repository.putTag(operation.tag, operation.digest, time);
        });
      case 'tag.delete':
        return this.#change(operation.repository, (repository) => repository.deleteTag(operation.tag));
      case 'observed':
        this.cacheHits += operation.cacheHits;
        this.cacheMisses += operation.cacheMisses;
        for (const [name, digest, pulledAt] of operation.pulls) {
          const manifest = this.repositories.get(name)?.manifests.get(digest);
          if (manifest !== undefined) manifest.pulledAt = pulledAt;
        }
        return;
      default:
        throw new Error(`unknown operation ${(operation as { op: string }).op}`);
    }
  }

  #repository(name: string): Repository {
    let repository = this.repositories.get(name);
    if (repository === undefined) {
      repository = new Repository(name);
      this.repositories.set(name, repository);
    }
    return repository;
  }

  /** Changes what is there; a repository that is left with nothing at all goes. */
  #change(name: string, change: (repository: Repository) => void): void {
    const repository = this.repositories.get(name);
    if (repository === undefined) return;
    change(repository);
    if (repository.isEmpty && repository.blobs.size === 0) this.repositories.delete(name);
  }
}
