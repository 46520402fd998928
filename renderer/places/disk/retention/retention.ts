import type { RetentionPreview, RetentionResult } from '../../../../registry/api/contract.ts';
import { counted, formatSize } from '../../../components/format.ts';
import { post } from '../../../state/api.ts';

export interface Taken {
  readonly all: number;
  /** Those that the budget takes, which nothing brings back. */
  readonly forGood: number;
  /** `12 tags and 1 manifest` */
  readonly words: string;
}

export function takenBy({ deletions, budget }: RetentionPreview): Taken {
  const tags =
    deletions.filter(({ tag }) => tag !== null).length +
    budget.deletions.reduce((sum, each) => sum + each.tags.length, 0);
  const untagged =
    deletions.filter(({ tag }) => tag === null).length +
    budget.deletions.filter((each) => each.tags.length === 0).length;
  const words = [
    tags > 0 && counted(tags, 'tag'),
    untagged > 0 && counted(untagged, 'untagged manifest'),
  ].filter((each) => each !== false);
  const all = deletions.length + budget.deletions.length;
  return { all, forGood: budget.deletions.length, words: words.join(' and ') };
}

/** What a run has done. */
export function sentencesOf({ changes, tags, manifests, skipped, budget }: RetentionResult): string {
  return [
    changes.length === 0
      ? 'The rules took nothing.'
      : `Deleted ${counted(tags, 'tag')} and ${counted(manifests, 'manifest')} by rule.`,
    skipped > 0 && `Left ${skipped} alone that somebody used or changed meanwhile.`,
    budget.bytes > 0 && `Gave up ${formatSize(budget.bytes)} for the budget, for good.`,
  ]
    .filter((each) => each !== false)
    .join(' ');
}

/** Takes several records back, the last first: each may build on the one before. */
export async function undoAll(changes: readonly number[]): Promise<void> {
  for (const change of [...changes].reverse()) await post('/api/undo', { change });
}
