import type { Store } from '../images/store.ts';
import { formatBytes } from '../size.ts';
import { planBudget, type BudgetStep } from './budget-plan.ts';
import { planRetention } from './retention-plan.ts';

/** What a budget takes as soon as it is set, for good: `BudgetLoss` of the API's contract says of what each is. */
export interface BudgetLoss {
  readonly limit: number;
  readonly used: number;
  readonly tags: number;
  readonly manifests: number;
  readonly trashed: number;
  readonly ruled: number;
  readonly bytes: number;
  readonly short: number;
  readonly repositories: number;
  readonly byRepository: readonly RepositoryLoss[];
  readonly first: readonly ImageLoss[];
}

interface RepositoryLoss {
  readonly repository: string;
  readonly tags: number;
  readonly manifests: number;
  readonly bytes: number;
}

interface ImageLoss {
  readonly repository: string;
  readonly digest: string;
  readonly tags: readonly string[];
  readonly lastUsedAt: string;
}

const MOST_REPOSITORIES = 100;
const MOST_IMAGES = 20;

/** What is to be confirmed; undefined if everything that is here has room. */
export async function findBudgetLoss(store: Store, limit: number): Promise<BudgetLoss | undefined> {
  const { budget, ledger, leases, settings } = store;
  const { totalSize } = ledger.catalog.content;
  // Blocks of the file system are more than the bytes that a plan counts.
  const used = Math.max(budget.taken, totalSize);
  if (used <= limit) return undefined;
  await leases.endFinished();
  const now = Date.now();
  // The rules run first, and what they take is the first that the budget finds in the trash.
  const { deletions } = await planRetention(store, settings.current, now);
  const ruled = deletions.flatMap(({ decisions }) => decisions).filter(({ tag }) => tag !== undefined).length;
  const { steps, bytes } = await planBudget(store, now, used - totalSize, limit);
  const byRepository = lossesOf(steps);
  const sum = (name: 'tags' | 'manifests'): number =>
    byRepository.reduce((total, each) => total + each[name], 0);
  return {
    limit,
    used,
    tags: sum('tags'),
    manifests: sum('manifests'),
    trashed: steps.filter(({ kind }) => kind === 'deleted' || kind === 'untagged').length,
    ruled,
    bytes,
    short: Math.max(0, totalSize - bytes - limit),
    repositories: byRepository.length,
    byRepository: byRepository.slice(0, MOST_REPOSITORIES),
    first: firstOf(steps),
  };
}

function lossesOf(steps: readonly BudgetStep[]): RepositoryLoss[] {
  const losses = new Map<string, RepositoryLoss>();
  for (const { repository, tags, manifests, bytes } of steps) {
    const before = losses.get(repository) ?? { repository, tags: 0, manifests: 0, bytes: 0 };
    losses.set(repository, {
      repository,
      tags: before.tags + tags.length,
      manifests: before.manifests + manifests.size,
      bytes: before.bytes + bytes,
    });
  }
  return [...losses.values()].sort((a, b) => b.bytes - a.bytes);
}

function firstOf(steps: readonly BudgetStep[]): ImageLoss[] {
  return steps
    .filter(({ kind }) => kind === 'image')
    .sort((a, b) => a.since - b.since)
    .slice(0, MOST_IMAGES)
    .map(({ repository, digest, tags, since }) => ({
      repository,
      digest,
      tags,
      lastUsedAt: new Date(since).toISOString(),
    }));
}

export function describeBudgetLoss({ limit, used, tags, repositories, bytes }: BudgetLoss): string {
  return (
    `A budget of ${formatBytes(limit)} is below the ${formatBytes(used)} that are used: it would take ` +
    `${formatBytes(bytes)} for good, ${tags} tags and what else is in ${repositories} repositories.`
  );
}
