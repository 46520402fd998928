import { GRACE_MS } from '../blobs/leases.ts';
import { blobsNamed, type Manifest, type Repository } from '../catalog/repository.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { formatBytes } from '../size.ts';
import { planBudget } from './budget-plan.ts';
import { findTrashed, type TrashedImage } from '../collector/trashed-images.ts';
import { lastSeen, wantedNow } from '../collector/unwanted.ts';
import { DAY_MS, iso } from '../time.ts';
import { describeReason } from './reason.ts';
import { decideRepository, type Decision } from './retention-decisions.ts';

/** Why something is here, in sentences for people, the most important first. */
export interface Explanation {
  /** Whether it stays when retention and reclaim run next. */
  readonly kept: boolean;
  /** Somebody has deleted it; what is `kept` then is the way back. */
  readonly deleted?: true;
  readonly reasons: readonly string[];
}

/** More of the same kind are counted, not named. */
const MOST_NAMED = 5;

/** What keeps the content of one repository at this moment. */
export class WhyContent {
  readonly #store: Store;
  readonly #name: string;
  readonly #now = Date.now();

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** Undefined if the repository does not have it, nor could have it back. */
  async find(digest: Digest): Promise<Explanation | undefined> {
    const { catalog } = this.#store.ledger;
    const repository = catalog.findRepository(this.#name);
    const manifest = repository?.manifests.get(digest);
    if (repository !== undefined && manifest !== undefined) return await this.manifest(repository, manifest);
    const trash = catalog.trash.of(this.#name);
    const trashed = trash.manifests.get(digest);
    if (trashed !== undefined) return this.trashed('It', trashed.deletedAt);
    if (repository?.blobs.has(digest) === true) return this.#blob(repository, digest);
    const link = trash.blobs.get(digest);
    return link === undefined ? undefined : this.trashed('It', link.deletedAt);
  }

  decided({ reason }: Decision): string {
    const text = describeReason(reason);
    return reason.stays ? `It stays: ${text}.` : `The next run of retention takes it: ${text}.`;
  }

  async budget(digest: Digest): Promise<string[]> {
    const { steps, limit } = await planBudget(this.#store, this.#now);
    const isTaken = steps.some(({ repository, manifests }) => {
      if (repository !== this.#name) return false;
      return [...manifests.keys()].some((each) => each.digest === digest);
    });
    if (!isTaken || limit === null) return [];
    return [
      `The budget of ${formatBytes(limit)} is used up, and this is among the oldest: it goes next, for good.`,
    ];
  }

  async decisions(repository: Repository): Promise<Decision[]> {
    const { settings } = this.#store;
    return await decideRepository(this.#store, settings.current, repository, this.#now, new Pace());
  }

  trashed(subject: string, deletedAt: number): Explanation {
    const ends = deletedAt + this.#store.settings.current.undoDays * DAY_MS;
    const text =
      ends > this.#now
        ? `It can be put back until ${iso(ends)} ("berth undo", "berth restore"); then the next reclaim takes it.`
        : 'The time in which it could be put back is over: the next reclaim takes it.';
    return {
      kept: ends > this.#now,
      deleted: true,
      reasons: [`${subject} was deleted ${iso(deletedAt)}. ${text}`],
    };
  }

  async manifest(repository: Repository, manifest: Manifest): Promise<Explanation> {
    const { digest, subject, untaggedAt } = manifest;
    const isWanted = wantedNow(this.#store).has(manifest);
    const trashed = isWanted ? undefined : await findTrashed(this.#store, repository, manifest);
    const decisions = (await this.decisions(repository)).filter((each) => each.digest === digest);
    const indexes = [...repository.indexesOf(digest)].map((each) => each.digest);
    const referrers = [...repository.referrers(digest)].map((each) => each.digest);
    const subjectHere = subject !== undefined && repository.manifests.has(subject);
    const staysByTag = decisions.length === 0 || decisions.some(({ reason }) => reason.stays);
    const isHeld = indexes.length > 0 || subjectHere;
    const budget = await this.budget(digest);
    const stays = isWanted ? staysByTag || isHeld : this.#untaggedEnds(manifest, trashed) > this.#now;
    return {
      kept: stays && budget.length === 0,
      reasons: [
        ...decisions.map((each) =>
          each.tag === undefined ? this.decided(each) : `Its tag ${each.tag}: ${lower(this.decided(each))}`,
        ),
        ...(indexes.length === 0
          ? []
          : [`It is a platform of ${named('the index', 'the indexes', indexes)}, and goes with the last.`]),
        ...(subjectHere ? [`It is attached to ${subject}, and goes with that.`] : []),
        ...(isWanted ? [] : this.#untagged(manifest, trashed)),
        ...this.#lease(digest),
        ...budget,
        ...(referrers.length === 0 ? [] : [`Attached to it: ${referrers.slice(0, MOST_NAMED).join(', ')}.`]),
        ...(isWanted || untaggedAt !== undefined || isHeld ? [] : ['Nothing that is wanted leads to it.']),
      ],
    };
  }

  /** As the reclaim counts it. */
  #untaggedEnds(manifest: Manifest, trashed: TrashedImage | undefined): number {
    const since = trashed?.since ?? lastSeen(this.#store, manifest);
    return since + this.#store.settings.current.undoDays * DAY_MS;
  }

  /** Of a manifest that lost its last tag, or of a platform of one. */
  #untagged(manifest: Manifest, trashed: TrashedImage | undefined): string[] {
    const { digest, untaggedAt } = trashed?.manifest ?? manifest;
    if (untaggedAt === undefined) return [];
    const ends = this.#untaggedEnds(manifest, trashed);
    const { tags = [], isReplaced = false } = trashed ?? {};
    const where = digest === manifest.digest ? 'in the trash' : `in the trash with ${digest}`;
    const lost =
      tags.length === 0
        ? 'it lost its last tag or index'
        : `${named('its last tag', 'its last tags', tags)} ${isReplaced ? 'moved on to another image' : tags.length === 1 ? 'was deleted' : 'were deleted'}`;
    const how = `"berth restore ${this.#name}@${digest}"`;
    const until =
      ends > this.#now
        ? `It can be pulled by its digest and be put back until ${iso(ends)}${tags.length === 0 ? '' : ` (${how})`}; then the next reclaim takes it.`
        : 'The next reclaim takes it.';
    return [`It is ${where}: ${lost} ${iso(untaggedAt)}. ${until}`];
  }

  #blob(repository: Repository, digest: Digest): Explanation {
    const { catalog } = this.#store.ledger;
    const users = [...catalog.content.users(digest)];
    const here = users.filter((each) => each.repository === this.#name);
    const elsewhere = new Set(users.map((each) => each.repository));
    elsewhere.delete(this.#name);
    const inTrash = this.#trashNaming(digest);
    const unused = repository.unusedSince.get(digest);
    const graceEnds = (unused ?? 0) + GRACE_MS;
    const lease = this.#lease(digest);
    const names = here.map((each) => {
      const [tag] = repository.tagsOf(each.digest);
      return tag === undefined ? each.digest : `${tag} (${each.digest})`;
    });
    const isKept = here.length > 0 || lease.length > 0 || graceEnds > this.#now;
    return {
      kept: isKept || inTrash.length > 0,
      reasons: [
        `It is a blob of ${formatBytes(repository.blobs.get(digest) ?? 0)}.`,
        ...(names.length === 0 ? [] : [`It is named by ${named('the manifest', 'the manifests', names)}.`]),
        ...inTrash,
        ...lease,
        ...(unused !== undefined && graceEnds > this.#now
          ? [`No manifest names it yet; it is kept for a push under way until ${iso(graceEnds)}.`]
          : []),
        ...(isKept || inTrash.length > 0 ? [] : ['Nothing keeps it here: the next reclaim takes it.']),
        ...(elsewhere.size === 0
          ? []
          : [
              `The same content stays on the disk for ${named('the repository', 'the repositories', [...elsewhere])}.`,
            ]),
      ],
    };
  }

  #trashNaming(digest: Digest): string[] {
    const found: string[] = [];
    for (const [each, { manifest, deletedAt }] of this.#store.ledger.catalog.trash.of(this.#name).manifests) {
      if (found.length === MOST_NAMED) break;
      if (!blobsNamed(manifest).some((blob) => blob.digest === digest)) continue;
      found.push(
        `The deleted manifest ${each} names it, which can be put back until ${this.#undoEnds(deletedAt)}.`,
      );
    }
    return found;
  }

  #lease(digest: Digest): string[] {
    const hold = this.#store.leases.find(digest);
    if (hold === 'free') return [];
    return [
      hold === 'held'
        ? 'A client was told that it is here, and may count on it for a push.'
        : 'A client is using it at this moment.',
    ];
  }

  #undoEnds(deletedAt: number): string {
    return iso(deletedAt + this.#store.settings.current.undoDays * DAY_MS);
  }
}

export function named(noun: string, plural: string, names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(', ');
  const rest = names.length - MOST_NAMED;
  return `${names.length === 1 ? noun : plural} ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}

export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : plural}`;
}

function lower(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
