import { GRACE_MS } from '../blobs/leases.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { contentOf } from '../catalog/content-index.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { touchedAt } from '../catalog/tag-changes.ts';
import { hasProtectedTag, isProtected } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { OldestFirst } from './oldest-first.ts';
import { isNeeded, Wanted, withWhatGoesAlong, type Going } from '../collector/reach.ts';
import { attachmentTags, ownTags } from '../images/attachments.ts';
import { Release } from './release.ts';
import { lastUse } from './retention-decisions.ts';

/** One thing that goes for good. Times are milliseconds since 1970. */
export interface BudgetStep {
  /** `deleted`: out of the trash; `unused`: a link; `untagged`: lost its last tag; `image`: with its tags. */
  readonly kind: 'deleted' | 'unused' | 'untagged' | 'image';
  readonly repository: string;
  readonly digest: Digest;
  /** Of an image. */
  readonly tags: readonly string[];
  /** Live ones that go, and what somebody may have done to them at the latest. */
  readonly manifests: ReadonlyMap<Manifest, number>;
  /** When it was deleted, linked, lost its last tag, or was last used. */
  readonly since: number;
  /** Bytes that this frees, on top of those before it. */
  readonly bytes: number;
}

export interface BudgetPlan {
  /** Bytes that content may take; null for no limit. */
  readonly limit: number | null;
  /** Bytes that it takes now. */
  readonly used: number;
  readonly steps: readonly BudgetStep[];
  /** Bytes that the steps free. */
  readonly bytes: number;
  /** Bytes over the limit that stay, because they are protected or in use. */
  readonly short: number;
}

/**
 * What has to go so that content takes no more than the budget: the trash, what nobody wants any more, and
 * then images, always the oldest first. Protected ones stay. Touches nothing, and is computed in slices.
 *
 * @param incoming bytes for which there has to be room as well
 */
export async function planBudget(
  store: Store,
  now: number,
  incoming = 0,
  limit: number | null = store.settings.current.budget,
): Promise<BudgetPlan> {
  const { catalog } = store.ledger;
  const used = catalog.content.totalSize;
  const excess = limit === null ? 0 : used + incoming - limit;
  if (excess <= 0) return { limit, used, steps: [], bytes: 0, short: 0 };
  // Images are not given up for what is on its way out by itself.
  const over = Math.max(0, excess - (await readPromised(store, now)));
  const { steps, bytes } = await planSteps(store, now, over);
  return { limit, used, steps, bytes, short: Math.max(0, over - bytes) };
}

/**
 * What has to go so that so many bytes are free on the disk: in the same order, but what is on its way out by
 * itself does not count, nor what a client counts on.
 */
export async function planRoom(store: Store, now: number, over: number): Promise<BudgetPlan> {
  const { steps, bytes } = await planSteps(
    store,
    now,
    over,
    (digest) => store.leases.find(digest) !== 'held',
  );
  const used = store.ledger.catalog.content.totalSize;
  return { limit: store.settings.current.budget, used, steps, bytes, short: Math.max(0, over - bytes) };
}

async function planSteps(
  store: Store,
  now: number,
  over: number,
  isFree?: (digest: Digest) => boolean,
): Promise<Pick<BudgetPlan, 'steps' | 'bytes'>> {
  const { catalog } = store.ledger;
  const planner = new Planner(store, now, over, isFree);
  for (const source of [trashOf(catalog), unusedOf(catalog), untaggedOf(store), imagesOf(store)]) {
    await planner.take(source);
  }
  return { steps: planner.steps, bytes: planner.bytes };
}

type Candidate = Omit<BudgetStep, 'bytes' | 'manifests'>;

interface Taken {
  readonly step: BudgetStep;
  /** What it shares with others that may go later; none if it frees something by itself. */
  readonly content: readonly Digest[];
}

class Planner {
  readonly #store: Store;
  readonly #over: number;
  readonly #release: Release;
  readonly #pace = new Pace();
  readonly #going = new Map<Repository, Going>();
  readonly #steps: Taken[] = [];

  constructor(store: Store, now: number, over: number, isFree?: (digest: Digest) => boolean) {
    this.#store = store;
    this.#over = over;
    this.#release = new Release(store.ledger.catalog, now - GRACE_MS, isFree);
  }

  get bytes(): number {
    return this.#release.bytes;
  }

  /** Without those that free nothing, because something that stays needs the same. */
  get steps(): BudgetStep[] {
    const isIdle = ({ step, content }: Taken): boolean =>
      step.bytes === 0 && !content.some((digest) => this.#release.isFreed(digest));
    const idle = new Set(this.#steps.filter(isIdle));
    const going = new Set<Manifest>();
    if (idle.size > 0) {
      for (const { step } of this.#steps) for (const each of step.manifests.keys()) going.add(each);
    }
    return this.#steps
      .filter((each) => !idle.has(each) || this.#isReliedOn(each.step, going))
      .map(({ step }) => step);
  }

  /** Whether something else goes that an index of the step lists, or that is attached to it. */
  #isReliedOn({ repository: name, manifests: own }: BudgetStep, going: ReadonlySet<Manifest>): boolean {
    const repository = this.#store.ledger.catalog.findRepository(name);
    const isOther = (manifest: Manifest | undefined): boolean =>
      manifest !== undefined && going.has(manifest) && !own.has(manifest);
    for (const { digest, manifests = [] } of own.keys()) {
      if (manifests.some((child) => isOther(repository?.manifests.get(child.digest)))) return true;
      for (const referrer of repository?.referrers(digest) ?? []) if (isOther(referrer)) return true;
    }
    return false;
  }

  /** The oldest first, until the budget is met. */
  async take(source: Iterable<Candidate | undefined>): Promise<void> {
    if (this.bytes >= this.#over) return;
    let waiting = new OldestFirst<Candidate>();
    for (const candidate of source) {
      if (candidate !== undefined) waiting.add(candidate.since, candidate);
      await this.#pace.rest();
    }
    // What others still needed has another turn when some of those have gone.
    for (let hasGone = true; hasGone;) {
      hasGone = false;
      const again = new OldestFirst<Candidate>();
      for (let next = waiting.take(); next !== undefined; next = waiting.take()) {
        if (this.bytes >= this.#over) return;
        await this.#pace.rest();
        const taken = this.#takeOne(next);
        if (taken === 'needed') again.add(next.since, next);
        hasGone ||= taken === 'taken';
      }
      waiting = again;
    }
  }

  #takeOne(candidate: Candidate): 'taken' | 'needed' | 'kept' {
    const { leases, ledger } = this.#store;
    const { kind, repository: name, digest } = candidate;
    if (leases.find(digest) !== 'free' || leases.isTold(name, digest)) return 'kept';
    const before = this.bytes;
    const repository = ledger.catalog.findRepository(name);
    const trash = ledger.catalog.trash.of(name);
    const manifests = new Map<Manifest, number>();
    let content: Digest[] = [digest];
    if (kind === 'deleted') {
      const trashed = trash.manifests.get(digest)?.manifest;
      if (trashed === undefined) this.#release.takeTrashedLink(digest);
      else this.#release.takeTrashed(trashed);
      if (trashed !== undefined) content = [...contentOf(trashed).keys()];
    } else if (repository === undefined) {
      return 'kept';
    } else if (kind === 'unused') {
      if (!this.#release.takeUnusedLink(repository, digest)) return 'kept';
    } else {
      const found = this.#findManifests(repository, digest);
      if (!Array.isArray(found)) return found;
      for (const each of found) manifests.set(each, touchedAt(repository, each));
      for (const each of found) this.#release.takeManifest(repository, each);
      content = found.flatMap((each) => Array.from(contentOf(each).keys()));
    }
    const bytes = this.bytes - before;
    this.#steps.push({ step: { ...candidate, manifests, bytes }, content: bytes > 0 ? [] : content });
    return 'taken';
  }

  #findManifests(repository: Repository, digest: Digest): Manifest[] | 'needed' | 'kept' {
    const { leases } = this.#store;
    const manifest = repository.manifests.get(digest);
    if (manifest === undefined) return 'kept';
    const tags = new Set(ownTags(repository, digest));
    let going = this.#going.get(repository);
    if (going === undefined) {
      going = { manifests: new Set(), isTagGoing: () => false };
      this.#going.set(repository, going);
    }
    if (going.manifests.has(manifest)) return 'kept';
    const withTags: Going = { manifests: going.manifests, isTagGoing: (tag) => tags.has(tag) };
    if (isNeeded(repository, manifest, withTags)) return 'needed';
    const keep = (each: Digest): boolean =>
      leases.find(each) !== 'free' || hasProtectedTag(this.#store, repository, each);
    return withWhatGoesAlong(repository, [digest], keep, withTags);
  }
}

function* trashOf({ trash }: Catalog): Iterable<Candidate> {
  for (const [repository, { manifests, blobs }] of trash.repositories) {
    for (const [digest, { deletedAt: since }] of manifests) {
      yield { kind: 'deleted', repository, digest, tags: [], since };
    }
    for (const [digest, { deletedAt: since }] of blobs) {
      yield { kind: 'deleted', repository, digest, tags: [], since };
    }
  }
}

/**
 * Bytes that nothing but a push under way needs: they belong to an image soon, or go within the grace.
 */
async function readPromised({ ledger: { catalog }, leases }: Store, now: number): Promise<number> {
  const pace = new Pace();
  const links = new Map<Digest, number>();
  for (const { name, unusedSince } of catalog.repositories.values()) {
    for (const [digest, since] of unusedSince) {
      await pace.rest();
      const isPromised = since > now - GRACE_MS || leases.isTold(name, digest);
      if (isPromised) links.set(digest, (links.get(digest) ?? 0) + 1);
    }
  }
  let bytes = 0;
  for (const [digest, count] of links) {
    if (catalog.content.needsOf(digest) === count) bytes += catalog.content.sizeOf(digest);
  }
  return bytes;
}

function* unusedOf({ repositories }: Catalog): Iterable<Candidate> {
  for (const { name, unusedSince } of repositories.values()) {
    for (const [digest, since] of unusedSince) {
      yield { kind: 'unused', repository: name, digest, tags: [], since };
    }
  }
}

/** Undefined is for whoever wants a turn in between. */
function* untaggedOf(store: Store): Iterable<Candidate | undefined> {
  const { catalog } = store.ledger;
  const newWanted = (): Wanted =>
    new Wanted(
      (name) => catalog.findRepository(name),
      (repository, digest) => hasProtectedTag(store, repository, digest),
    );
  let wanted = newWanted();
  let { version } = catalog;
  for (const repository of catalog.repositories.values()) {
    for (const manifest of repository.manifests.values()) {
      yield undefined;
      if (catalog.version !== version) {
        wanted = newWanted();
        version = catalog.version;
      }
      const { digest, untaggedAt } = manifest;
      if (untaggedAt === undefined || wanted.has(manifest)) continue;
      yield { kind: 'untagged', repository: repository.name, digest, tags: [], since: untaggedAt };
    }
  }
}

/** What has tags, none of them protected, and what never had one. */
function* imagesOf(store: Store): Iterable<Candidate | undefined> {
  const { catalog } = store.ledger;
  for (const repository of catalog.repositories.values()) {
    for (const manifest of repository.manifests.values()) {
      yield undefined;
      const { digest, untaggedAt, subject } = manifest;
      const tags = ownTags(repository, digest);
      const attached = attachmentTags(repository, digest);
      if ([...tags, ...attached].some((tag) => isProtected(store, repository, tag))) continue;
      const isAlone =
        untaggedAt === undefined && !repository.isTagged(digest) && !repository.isListed(digest);
      const isAttached = subject !== undefined && repository.manifests.has(subject);
      if (tags.length === 0 && (!isAlone || isAttached)) continue;
      yield {
        kind: 'image',
        repository: repository.name,
        digest,
        tags,
        since: lastUse(store, repository, manifest),
      };
    }
  }
}
