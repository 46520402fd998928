import type { Steps } from '../pace.ts';
import type { Digest } from '../reference.ts';
import type { Catalog } from './catalog.ts';
import { blobsOf } from './content-index.ts';
import type { Applying } from './fold.ts';
import type { RepositoryEffect, TagEvent } from './history.ts';
import type { Operation } from './operation.ts';
import { Repository, type Manifest, type Tag } from './repository.ts';
import { held, type TrashedContent } from './trash.ts';

/** An operation on a repository as a whole. */
export type WholeOperation = Extract<Operation, { op: 'repository.delete' | 'repository.restore' }>;

/** What an operation is about. */
interface Contents {
  readonly tags: Iterable<readonly [tag: string, target: Tag]>;
  readonly manifests: Iterable<Digest>;
  readonly blobs: Iterable<Digest>;
  /** Milliseconds since 1970. */
  readonly lastPush: number;
}

/**
 * A repository as a record leaves it, made beside the one that everybody sees: `Catalog` puts it in its place
 * in one step. Until then, and for a moment after, content that moves counts as needed on both sides.
 */
export class RepositoryDraft {
  readonly repository: Repository;
  readonly trashed: TrashedContent = { manifests: new Map(), blobs: new Map() };
  readonly timelines = new Map<string, TagEvent[]>();

  readonly #catalog: Catalog;
  readonly #applying: Applying;
  // What moves.
  readonly #tags: (readonly [tag: string, target: Tag])[] = [];
  readonly #manifests: Digest[] = [];
  readonly #blobs: Digest[] = [];
  // What leaves the content index when the draft is in place.
  readonly #replaced: Manifest[] = [];
  readonly #released: Digest[] = [];

  private constructor(name: string, catalog: Catalog, applying: Applying) {
    this.repository = new Repository(name);
    this.#catalog = catalog;
    this.#applying = applying;
  }

  /** @returns undefined if there is nothing to do */
  static *make(
    catalog: Catalog,
    operation: WholeOperation,
    applying: Applying,
  ): Steps<{ draft: RepositoryDraft; effect: RepositoryEffect } | undefined> {
    const { repository: name } = operation;
    const live = catalog.findRepository(name) ?? new Repository(name);
    const contents = contentsOf(catalog, operation, live);
    if (contents === undefined) return undefined;
    const draft = new RepositoryDraft(name, catalog, applying);
    for (const [tag, events] of catalog.history.timelines.get(name) ?? []) {
      yield void draft.timelines.set(tag, events);
    }
    yield* draft.#copyTrash();
    const is = operation.op === 'repository.delete' ? 'deleted' : 'added';
    const done = yield* is === 'deleted' ? draft.#delete(live, contents) : draft.#restore(live, contents);
    if (!done) return undefined;
    const moved = { tags: draft.#tags, manifests: draft.#manifests, blobs: draft.#blobs };
    const { lastPush } = live;
    return { draft, effect: { kind: 'repository', repository: name, is, lastPush, ...moved } };
  }

  /** To be called when the draft is in place. */
  *settle(): Steps {
    const { content } = this.#catalog;
    for (const manifest of this.#replaced) yield content.removeManifest(manifest);
    for (const digest of this.#released) yield content.release(digest);
  }

  /** What somebody has pushed in its place since stays. So does everything, if one tag of it is protected. */
  *#delete(live: Repository, contents: Contents): Steps<boolean> {
    const going = new Map<string, Tag>();
    for (const [tag, { digest }] of contents.tags) {
      yield;
      const target = live.tags.get(tag);
      if (target?.protected === true) return false;
      if (target?.digest === digest) going.set(tag, target);
    }
    const manifests = yield* manifestsThatGo(live, contents.manifests, going);
    for (const manifest of live.manifests.values()) {
      yield;
      const isLeft = isLeftAlone(live, manifest, manifests, going);
      if (manifests.has(manifest.digest)) this.#trash(manifest, live.isTagged(manifest.digest));
      else this.#keep(manifest, isLeft);
    }
    const blobs = new Set<Digest>();
    for (const digest of contents.blobs) yield void blobs.add(digest);
    for (const [digest, size] of live.blobs) {
      yield;
      if (blobs.has(digest) && !this.repository.isUsed(digest)) this.#trashLink(digest, size);
      else this.#keepLink(live, digest, size);
    }
    for (const [tag, target] of live.tags) {
      yield;
      if (going.has(tag)) this.#move(tag, target, undefined);
      else this.repository.putTag(tag, target, target.pushedAt);
    }
    this.repository.lastPush = live.lastPush;
    return this.#tags.length + this.#manifests.length + this.#blobs.length > 0;
  }

  /** What is there by now stays as it is. */
  *#restore(live: Repository, contents: Contents): Steps<boolean> {
    const { repository } = this;
    for (const manifest of live.manifests.values()) yield this.#keep(manifest, false);
    for (const [digest, size] of live.blobs) yield this.#keepLink(live, digest, size);
    for (const [tag, target] of live.tags) yield repository.putTag(tag, target, target.pushedAt);
    const tagged = new Set<Digest>();
    for (const [tag, { digest }] of contents.tags) {
      yield;
      if (!repository.tags.has(tag)) tagged.add(digest);
    }
    for (const digest of contents.manifests) yield this.#takeManifest(digest, tagged.has(digest));
    for (const digest of contents.blobs) yield this.#takeLink(digest);
    for (const digest of this.#manifests) yield this.#linkContent(digest);
    for (const [tag, target] of contents.tags) {
      yield;
      const isFree = !repository.tags.has(tag) && repository.manifests.has(target.digest);
      if (isFree) this.#move(tag, undefined, { ...target, restoredAt: this.#applying.time });
    }
    repository.lastPush = Math.max(live.lastPush, contents.lastPush);
    return this.#tags.length + this.#manifests.length + this.#blobs.length > 0;
  }

  *#copyTrash(): Steps {
    const { manifests, blobs } = this.#catalog.trash.of(this.repository.name);
    for (const [digest, trashed] of manifests) yield void this.trashed.manifests.set(digest, trashed);
    for (const [digest, link] of blobs) yield void this.trashed.blobs.set(digest, link);
  }

  #keep(manifest: Manifest, isLeft: boolean): void {
    if (!isLeft) return this.repository.addManifest(manifest);
    // Not by changing what everybody sees.
    const left = { ...manifest, untaggedAt: this.#applying.time };
    this.repository.addManifest(left);
    this.#catalog.content.addManifest(left);
    this.#replaced.push(manifest);
  }

  #keepLink({ unusedSince }: Repository, digest: Digest, size: number): void {
    this.repository.link(digest, size, unusedSince.get(digest) ?? 0);
  }

  #trash(manifest: Manifest, isTagged: boolean): void {
    const { time } = this.#applying;
    const trashed = isTagged ? { ...manifest, untaggedAt: time } : manifest;
    this.trashed.manifests.set(manifest.digest, { manifest: trashed, deletedAt: time });
    for (const [digest, size] of held(manifest)) this.#catalog.content.hold(digest, size);
    this.#replaced.push(manifest);
    this.#manifests.push(manifest.digest);
  }

  /** The hold of the link is that of the trash from now on. */
  #trashLink(digest: Digest, size: number): void {
    if (this.trashed.blobs.has(digest)) this.#released.push(digest);
    this.trashed.blobs.set(digest, { size, deletedAt: this.#applying.time });
    this.#blobs.push(digest);
  }

  #takeManifest(digest: Digest, willBeTagged: boolean): void {
    const { time } = this.#applying;
    const trashed = this.trashed.manifests.get(digest)?.manifest;
    if (trashed === undefined) return;
    this.trashed.manifests.delete(digest);
    for (const [each] of held(trashed)) this.#released.push(each);
    // The time in which it can be put back begins anew.
    const untaggedAt = trashed.untaggedAt === undefined || willBeTagged ? undefined : time;
    const manifest = { ...trashed, untaggedAt, restoredAt: time };
    this.repository.addManifest(manifest);
    this.#catalog.content.addManifest(manifest);
    this.#manifests.push(digest);
  }

  #takeLink(digest: Digest): void {
    const link = this.trashed.blobs.get(digest);
    if (link === undefined) return;
    this.trashed.blobs.delete(digest);
    if (this.repository.blobs.has(digest)) this.#released.push(digest);
    this.repository.link(digest, link.size, this.#applying.time);
    this.#blobs.push(digest);
  }

  #linkContent(manifest: Digest): void {
    const entry = this.repository.manifests.get(manifest);
    for (const { digest, size } of entry === undefined ? [] : blobsOf(entry)) {
      if (this.repository.blobs.has(digest)) continue;
      this.repository.link(digest, size, this.#applying.time);
      this.#catalog.content.hold(digest, size);
    }
  }

  #move(tag: string, before: Tag | undefined, after: Tag | undefined): void {
    const { seq, time, actor } = this.#applying;
    if (after !== undefined) this.repository.putTag(tag, after, time);
    const is = after && { digest: after.digest, size: this.repository.sizeOf(after.digest) };
    const event = { seq, time, actor, ...is, ...(before === undefined ? {} : { previous: before.digest }) };
    this.timelines.set(tag, this.#catalog.history.withEvent(this.timelines.get(tag), event));
    const target = after ?? before;
    if (target !== undefined) this.#tags.push([tag, target]);
  }
}

function contentsOf(
  catalog: Catalog,
  { op, change }: WholeOperation,
  live: Repository,
): Contents | undefined {
  const { lastPush } = live;
  if (change === undefined) {
    return { tags: live.tags, manifests: live.manifests.keys(), blobs: live.blobs.keys(), lastPush };
  }
  const is = op === 'repository.delete' ? 'added' : 'deleted';
  const effects = catalog.history.changes.get(change)?.effects ?? [];
  return effects.find(
    (each): each is RepositoryEffect =>
      each.kind === 'repository' && each.repository === live.name && each.is === is,
  );
}

/** All of the list but what a tag that stays points at, and what an index that stays lists. */
function* manifestsThatGo(
  live: Repository,
  list: Iterable<Digest>,
  goingTags: ReadonlyMap<string, Tag>,
): Steps<ReadonlySet<Digest>> {
  const going = new Set<Digest>();
  for (const digest of list) yield void going.add(digest);
  const staying: Manifest[] = [];
  for (const manifest of live.manifests.values()) {
    yield;
    if (isTaggedBeside(live, manifest.digest, goingTags)) going.delete(manifest.digest);
    if (!going.has(manifest.digest)) staying.push(manifest);
  }
  // Arrays hand out what is added to them while they are walked. Indexes may be nested.
  for (const { manifests = [] } of staying) {
    for (const { digest } of manifests) {
      yield;
      const listed = live.manifests.get(digest);
      if (going.delete(digest) && listed !== undefined) staying.push(listed);
    }
  }
  return going;
}

function isTaggedBeside(live: Repository, digest: Digest, goingTags: ReadonlyMap<string, Tag>): boolean {
  for (const tag of live.tagsOf(digest)) if (!goingTags.has(tag)) return true;
  return false;
}

/** Whether the last tag goes of a manifest that stays, or the last index of one without a tag. */
function isLeftAlone(
  live: Repository,
  { digest }: Manifest,
  going: ReadonlySet<Digest>,
  goingTags: ReadonlyMap<string, Tag>,
): boolean {
  if (isTaggedBeside(live, digest, goingTags)) return false;
  if (live.isTagged(digest)) return true;
  for (const index of live.indexesOf(digest)) if (!going.has(index.digest)) return false;
  return live.isListed(digest);
}
