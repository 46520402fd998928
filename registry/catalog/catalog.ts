import type { JournalRecord } from '../journal/record.ts';
import { atOnce, type Steps } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { bringsMany, CatalogDraft } from './catalog-draft.ts';
import { ContentIndex } from './content-index.ts';
import { applyOperation, type Applying } from './fold.ts';
import { History } from './history.ts';
import type { Operation } from './operation.ts';
import { RepositoryDraft, type WholeOperation } from './repository-draft.ts';
import { Repository, type Manifest } from './repository.ts';
import { SharedParts } from './shared-parts.ts';
import { SortedNames } from './sorted-names.ts';
import { Trash, type TrashedContent } from './trash.ts';

/**
 * What the journal amounts to: a pure fold over its records, in memory. Queries are synchronous; applying
 * the same records always gives the same state.
 */
export class Catalog {
  readonly repositories = new Map<string, Repository>();
  readonly content: ContentIndex;
  readonly parts: SharedParts;
  readonly trash: Trash;
  readonly history = new History();
  cacheHits = 0;
  cacheMisses = 0;
  /** Changes with every record but those that only observe: what was computed before it is out of date. */
  version = 0;

  /** What was made ready of a record that will be applied next. */
  #prepared: { readonly operation: WholeOperation; readonly made: Made } | undefined;
  #draft: { readonly of: number; readonly draft: CatalogDraft } | undefined;
  #isPreparing = false;
  readonly #unsettled: (RepositoryDraft | CatalogDraft)[] = [];
  #settling = 0;

  readonly #sortedNames = new SortedNames(() => this.#namesInUse());

  constructor(content = new ContentIndex(), parts = new SharedParts(content)) {
    this.content = content;
    this.parts = parts;
    this.trash = new Trash(content);
  }

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

  /** Nothing of the content index is on its way from one user to another. */
  get isSettled(): boolean {
    return !this.#isPreparing && this.#unsettled.length + this.#settling === 0;
  }

  /**
   * What takes long of a record, beforehand and in steps: nobody sees anything of it until `apply`, which takes but
   * a moment then. No other record may be applied in between.
   */
  *prepare(record: JournalRecord<Operation>): Steps {
    const { seq, time, actor, ops } = record;
    this.#isPreparing = takesLong(ops);
    if (bringsMany(ops)) {
      const draft = new CatalogDraft(this, (content) => new Catalog(content, this.parts));
      yield* draft.apply(record, ops);
      this.#draft = { of: seq, draft };
    }
    const operation = findWhole(ops);
    if (operation === undefined) return;
    const made = yield* RepositoryDraft.make(this, operation, { seq, time, actor, effects: [] });
    this.#prepared = { operation, made };
  }

  /** What can wait until a record has been applied. Other records may come in between. */
  *settle(): Steps {
    for (let draft = this.#unsettled.pop(); draft !== undefined; draft = this.#unsettled.pop()) {
      this.#settling += 1;
      yield* draft.settle();
      this.#settling -= 1;
    }
  }

  /** @throws RegistryError DATA_FOLDER_UNUSABLE for an operation of a later version */
  apply(record: JournalRecord<Operation>): void {
    const { seq, time, actor } = record;
    const draft = this.#draft?.of === seq ? this.#draft.draft : undefined;
    const effects = draft?.effects ?? [];
    let undoOf: number | undefined;
    if (draft !== undefined) this.#adopt(draft);
    for (const operation of draft === undefined ? record.ops : []) {
      if (operation.op === 'undo') undoOf = operation.of;
      else applyOperation(this, operation, { seq, time, actor, effects });
    }
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

  applyWhole(operation: WholeOperation, applying: Applying): void {
    const isPrepared = this.#prepared?.operation === operation;
    const made = isPrepared ? this.#prepared?.made : atOnce(RepositoryDraft.make(this, operation, applying));
    this.#prepared = undefined;
    this.#isPreparing = false;
    if (made === undefined) return;
    const { draft, effect } = made;
    const { name } = draft.repository;
    this.#replace(draft.repository, draft.trashed);
    this.history.replaceTimelines(name, draft.timelines);
    applying.effects.push(effect);
    this.#unsettled.push(draft);
    if (!isPrepared) atOnce(this.settle());
  }

  /** All that others see of it in one step. */
  #adopt(draft: CatalogDraft): void {
    this.#draft = undefined;
    this.#isPreparing = false;
    const { repositories, trash, history } = draft.after;
    for (const [name, repository] of repositories) this.#replace(repository, trash.of(name));
    for (const [name, timelines] of history.timelines) {
      for (const [tag, events] of timelines) this.history.restoreTimeline(name, tag, events);
    }
    this.#unsettled.push(draft);
  }

  #replace(after: Repository, trashed: TrashedContent): void {
    const { name } = after;
    const repository = this.repository(name);
    repository.become(after);
    if (repository.isEmpty) this.#sortedNames.delete(name);
    else this.#sortedNames.add(name);
    this.removeIfBare(name);
    this.trash.replace(name, trashed);
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
    this.content.hold(digest, size);
    repository.link(this.parts.digest(digest), size, time);
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

type Made = ReturnType<typeof RepositoryDraft.make> extends Steps<infer Result> ? Result : never;

/** Whether a record has to be prepared. */
export function takesLong(ops: readonly Operation[]): boolean {
  return bringsMany(ops) || findWhole(ops) !== undefined;
}

/** One that is alone in its record. */
function findWhole(ops: readonly Operation[]): WholeOperation | undefined {
  const [operation, ...others] = ops.filter(({ op }) => op !== 'undo');
  if (operation === undefined || others.length > 0) return undefined;
  return operation.op === 'repository.delete' || operation.op === 'repository.restore'
    ? operation
    : undefined;
}
