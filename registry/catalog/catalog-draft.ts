import type { JournalRecord } from '../journal/record.ts';
import type { Steps } from '../pace.ts';
import type { Digest } from '../reference.ts';
import type { Catalog } from './catalog.ts';
import { ContentIndex } from './content-index.ts';
import { applyOperation } from './fold.ts';
import type { Effect } from './history.ts';
import type { Operation } from './operation.ts';
import { Repository, type Manifest } from './repository.ts';
import type { TrashedContent } from './trash.ts';

/** So many operations keep the event loop longer than anything may. */
const MANY = 500;

type Put = Extract<Operation, { op: 'manifest.put' | 'tag.put' | 'tag.set' }>;

const PUTS: ReadonlySet<Operation['op']> = new Set<Put['op']>(['manifest.put', 'tag.put', 'tag.set']);

/** Whether a record brings or sets so much, as an import of an archive does, that it has to be applied in steps. */
export function bringsMany(ops: readonly Operation[]): ops is readonly Put[] {
  return ops.length >= MANY && ops.every(({ op }) => PUTS.has(op));
}

/**
 * The repositories of a record as it leaves them, made beside those that everybody sees: `Catalog` puts all of them
 * in their place in one step. Until then, and for a moment after, content that moves counts as needed on both sides.
 */
export class CatalogDraft {
  /** Only the repositories that the record is about, with their trash, and timelines that it adds to. */
  readonly after: Catalog;
  readonly effects: Effect[] = [];
  readonly #catalog: Catalog;
  readonly #content: DraftContent;
  readonly #names = new Set<string>();

  /** @param make an empty catalog that shares all but its repositories */
  constructor(catalog: Catalog, make: (content: ContentIndex) => Catalog) {
    this.#catalog = catalog;
    this.#content = new DraftContent(catalog.content);
    this.after = make(this.#content);
  }

  *apply({ seq, time, actor }: JournalRecord<Operation>, ops: readonly Put[]): Steps {
    const applying = { seq, time, actor: this.#catalog.history.share(actor), effects: this.effects };
    for (const operation of ops) {
      yield;
      const { repository: name } = operation;
      if (!this.#names.has(name)) yield* this.#copy(name);
      if (operation.op === 'tag.put') this.#copyTimeline(name, operation.tag);
      applyOperation(this.after, operation, applying);
    }
  }

  /** To be called when the draft is in place. */
  *settle(): Steps {
    yield* this.#content.settle();
  }

  *#copy(name: string): Steps {
    this.#names.add(name);
    const live = this.#catalog.findRepository(name);
    if (live !== undefined) {
      const copy = new RepositoryCopy(name, this.#content);
      this.after.repositories.set(name, copy);
      for (const manifest of live.manifests.values()) yield copy.addManifest(manifest);
      for (const [digest, size] of live.blobs) {
        yield copy.link(digest, size, live.unusedSince.get(digest) ?? 0);
      }
      for (const [tag, target] of live.tags) yield copy.putTag(tag, target, target.pushedAt);
      copy.lastPush = live.lastPush;
    }
    const { manifests, blobs } = this.#catalog.trash.of(name);
    const trashed: TrashedContent = { manifests: new Map(), blobs: new Map() };
    for (const [digest, each] of manifests) yield void trashed.manifests.set(digest, each);
    for (const [digest, link] of blobs) yield void trashed.blobs.set(digest, link);
    this.after.trash.replace(name, trashed);
  }

  #copyTimeline(name: string, tag: string): void {
    const events = this.#catalog.history.timeline(name, tag);
    const isHere = this.after.history.timeline(name, tag).length > 0;
    if (events.length > 0 && !isHere) this.after.history.restoreTimeline(name, tag, [...events]);
  }
}

/** Of a repository whose manifests others see: none of them changes. */
class RepositoryCopy extends Repository {
  readonly #content: ContentIndex;

  constructor(name: string, content: ContentIndex) {
    super(name);
    this.#content = content;
  }

  override setUntagged(manifest: Manifest, time: number | undefined): void {
    if (manifest.untaggedAt === time) return;
    const changed = { ...manifest, untaggedAt: time };
    this.removeManifest(manifest);
    this.addManifest(changed);
    this.#content.addManifest(changed);
    this.#content.removeManifest(manifest);
  }
}

/** Needs content at once, and lets go of it when it is time. */
class DraftContent extends ContentIndex {
  readonly #content: ContentIndex;
  readonly #removed: Manifest[] = [];
  readonly #released: Digest[] = [];

  constructor(content: ContentIndex) {
    super();
    this.#content = content;
  }

  override addManifest(manifest: Manifest): void {
    this.#content.addManifest(manifest);
  }

  override removeManifest(manifest: Manifest): void {
    this.#removed.push(manifest);
  }

  override hold(digest: Digest, size: number): void {
    this.#content.hold(digest, size);
  }

  override release(digest: Digest): void {
    this.#released.push(digest);
  }

  *settle(): Steps {
    for (const manifest of this.#removed) yield this.#content.removeManifest(manifest);
    for (const digest of this.#released) yield this.#content.release(digest);
  }
}
