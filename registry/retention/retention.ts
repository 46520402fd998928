import type { Operation } from '../catalog/operation.ts';
import type { Repository } from '../catalog/repository.ts';
import { isWantedSince } from '../catalog/tag-changes.ts';
import { isProtected } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import { deletionOf } from '../collector/deletion.ts';
import { decideRepository } from './retention-decisions.ts';
import { planDeletions, type Deletion, type RetentionPlan } from './retention-plan.ts';

export interface RetentionReport {
  /** Records in the journal; each can be undone. */
  readonly changes: readonly number[];
  readonly tags: number;
  readonly manifests: number;
  /** What the plan named and what did not go, because somebody used or changed it since. */
  readonly skipped: number;
}

/** So many share a record of the journal: a record is applied in one go, and undone in one. */
const DELETIONS_OF_A_RECORD = 100;

const ACTOR = { client: 'berth retention' };

/**
 * Deletes what a plan names and what the rules, asked again, still say about. Like every deletion it can be
 * undone until the undo window ends.
 *
 * @param now milliseconds since 1970
 * @param signal stops between two records
 */
export async function runRetention(
  store: Store,
  plan: RetentionPlan,
  now: number = Date.now(),
  signal?: AbortSignal,
): Promise<RetentionReport> {
  const { ledger, settings } = store;
  const pace = new Pace();
  const planned = new Map<string, Set<string>>();
  for (const { repository, decisions } of plan.deletions) {
    const keys = planned.get(repository) ?? new Set();
    planned.set(repository, keys);
    for (const decision of decisions) keys.add(keyOf(decision));
  }
  const run = new Run(store, signal);
  for (const [name, keys] of planned) {
    const repository = ledger.catalog.findRepository(name);
    if (repository === undefined) continue;
    const decisions = await decideRepository(store, settings.current, repository, now, pace);
    const still = decisions.filter((each) => keys.has(keyOf(each)));
    for await (const deletion of planDeletions(store, repository, still, pace)) {
      await run.add(repository, deletion);
    }
  }
  await run.commit();
  const count = plan.deletions.reduce((sum, { decisions }) => sum + decisions.length, 0);
  return run.report(count);
}

function keyOf({ tag, digest }: { readonly tag?: string; readonly digest: string }): string {
  return `${tag ?? ''}@${digest}`;
}

/** Deletions on their way into the journal. */
class Run {
  readonly #store: Store;
  readonly #signal: AbortSignal | undefined;
  readonly #changes: number[] = [];
  #waiting: { readonly repository: Repository; readonly deletion: Deletion }[] = [];
  #tags = 0;
  #manifests = 0;
  #done = 0;

  constructor(store: Store, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
  }

  async add(repository: Repository, deletion: Deletion): Promise<void> {
    this.#waiting.push({ repository, deletion });
    if (this.#waiting.length >= DELETIONS_OF_A_RECORD) await this.commit();
  }

  async commit(): Promise<void> {
    const { ledger, leases } = this.#store;
    this.#signal?.throwIfAborted();
    const waiting = this.#waiting;
    this.#waiting = [];
    let due: typeof waiting = [];
    const decide = (): Operation[] => {
      due = waiting.filter(
        ({ repository, deletion }) =>
          leases.find(deletion.digest) === 'free' && !isWantedAgain(repository, deletion),
      );
      return due.flatMap(({ repository, deletion }) => operationsOf(this.#store, repository, deletion));
    };
    // The fold leaves alone what was touched since; of what clients were told only the last moment knows.
    const record = await ledger.decide(ACTOR, { dependsOn: () => false, decide });
    if (record === undefined) return;
    const { seq } = record;
    for (const { deletion } of due) {
      for (const { tag, digest, repository } of deletion.decisions) {
        const live = ledger.catalog.findRepository(repository);
        const isGone =
          tag === undefined ? live?.manifests.has(digest) !== true : live?.tags.has(tag) !== true;
        if (isGone) this.#done += 1;
      }
    }
    const effects = ledger.catalog.history.changes.get(seq)?.effects ?? [];
    if (effects.length > 0) this.#changes.push(seq);
    this.#tags += effects.filter(({ kind }) => kind === 'tag').length;
    this.#manifests += effects.filter(({ kind }) => kind === 'manifest').length;
  }

  report(planned: number): RetentionReport {
    return {
      changes: this.#changes,
      tags: this.#tags,
      manifests: this.#manifests,
      skipped: planned - this.#done,
    };
  }
}

/** As a whole: what is attached to an image that stays is not to go by itself. */
function isWantedAgain(repository: Repository, { manifests, before }: Deletion): boolean {
  return manifests.some((each) => {
    const live = repository.manifests.get(each.digest);
    return live !== undefined && isWantedSince(repository, live, before.get(each) ?? Infinity);
  });
}

function operationsOf(
  store: Store,
  repository: Repository,
  { decisions, manifests, before }: Deletion,
): Operation[] {
  const isKept = (tag: string): boolean => isProtected(store, repository, tag);
  if (manifests.length > 0) return deletionOf(repository, manifests, before, isKept).operations;
  return decisions.flatMap(({ tag, touchedAt }): Operation[] =>
    tag === undefined ? [] : [{ op: 'tag.delete', repository: repository.name, tag, before: touchedAt }],
  );
}
