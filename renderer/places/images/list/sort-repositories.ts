import type { RepositorySummary } from '../../../../registry/api/contract.ts';
import type { Sort } from '../../../components/list.ts';

type Value = (row: RepositorySummary) => number | string;

const VALUES: Readonly<Record<string, Value>> = {
  tags: (row) => row.tags,
  size: (row) => row.size,
  exclusive: (row) => row.exclusive,
  pushed: (row) => row.lastPush,
  pulled: (row) => row.lastPull ?? '',
};

/** The server gives them by name. */
export function sortRepositories(
  rows: readonly RepositorySummary[],
  { by, descending }: Sort,
): readonly RepositorySummary[] {
  const value = VALUES[by];
  if (value === undefined) return descending ? rows.toReversed() : rows;
  const sign = descending ? -1 : 1;
  return rows.toSorted((one, other) =>
    value(one) < value(other) ? -sign : value(one) > value(other) ? sign : 0,
  );
}
