import type { JournalRecord } from '../journal/record.ts';
import type { Digest } from '../reference.ts';
import { ContentIndex } from './content-index.ts';
import { applyOperation, type Applying } from './fold.ts';
import { History } from './history.ts';
import type { Operation } from './operation.ts';
import { Repository, type Manifest } from './repository.ts';
import { SortedNames } from './sorted-names.ts';
import { Trash } from './trash.ts';

/**
 * What the journal amounts to: a pure fold over its records, in memory. Queries are synchronous; applying
 * the same records always gives the same state.
 */
export class Catalog {
  readonly repositories = new Map<string, Repository>();
  readonly content = new ContentIndex();
  readonly trash = new Trash(this.content);
  readonly history = new History();
  cacheHits = 0;
  cacheMisses = 0;
  /** Changes with every record but those that only observe: what was computed before it is out of date. */
  version = 0;

  readonly #sortedNames = new SortedNames(() => this.#namesInUse());

  /** Names of the repositories that hold something to pull, in lexical order. */
  get sortedNames(): readonly string[] {
    return this.#sortedNames.all;
  }

  findRepository(name: string): Repository | undefined {
    return this.repositories.get(name);
  }

  hasTag(repository: string, tag: string): boolean {
    return this.repositories.get(repository)?.tags.has(tag) ?? false;
  }

  /** A repository to which the blob was pushed or mounted. */
  findRepositoryOf(blob: Digest): Repository | undefined {
    for (const repository of this.repositories.values()) if (repository.blobs.has(blob)) return repository;
    return undefined;
  }

  /** @throws RegistryError DATA_FOLDER_UNUSABLE for an operation of a later version */
  apply(record: JournalRecord<Operation>): void {
    const { seq, time, actor } = record;
    const applying: Applying = { seq, time, actor, effects: [] };
    let undoOf: number | undefined;
    for (const operation of record.ops) {
      if (operation.op === 'undo') undoOf = operation.of;
      else applyOperation(this, operation, applying);
    }
    const { effects } = applying;
    if (effects.length > 0) {
      this.history.addChange({ seq, time, actor, effects, ...(undoOf === undefined ? {} : { undoOf }) });
    }
    if (record.ops.some(({ op }) => op !== 'observed')) this.version += 1;
  }

  // What follows changes the state. It is for the fold, and for restoring a snapshot.

  /** Makes it if there is none. */
  repository(name: string): Repository {
    let repository = this.repositories.get(name);
    if (repository === undefined) {
      repository = new Repository(name);
      this.repositories.set(name, repository);
    }
    return repository;
  }

  removeIfBare(name: string): void {
    const repository = this.repositories.get(name);
    if (repository?.isEmpty === true && repository.blobs.size === 0) this.repositories.delete(name);
  }

  /** What is here is not in the trash as well: both together would be needed twice, and go at different times. */
  link(name: string, digest: Digest, size: number, time: number): void {
    this.trash.takeLink(name, digest);
    const repository = this.repository(name);
    if (repository.blobs.has(digest)) this.content.release(digest);
    repository.link(digest, size, time);
    this.content.hold(digest, size);
  }

  unlink(repository: Repository, digest: Digest): void {
    if (!repository.blobs.has(digest)) return;
    repository.unlink(digest);
    this.content.release(digest);
  }

  addManifest(manifest: Manifest): void {
    const repository = this.repository(manifest.repository);
    if (repository.isEmpty) this.#sortedNames.add(repository.name);
    repository.addManifest(manifest);
    this.content.addManifest(manifest);
  }

  removeManifest(repository: Repository, manifest: Manifest): void {
    repository.removeManifest(manifest);
    this.content.removeManifest(manifest);
    if (repository.isEmpty) this.#sortedNames.delete(repository.name);
  }

  *#namesInUse(): Iterable<string> {
    for (const { name, isEmpty } of this.repositories.values()) if (!isEmpty) yield name;
  }
}
