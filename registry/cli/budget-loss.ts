import { createInterface } from 'node:readline/promises';
import type { BudgetLoss } from '../api/contract.ts';
import { Refusal } from './client.ts';
import { count, formatBytes, formatTable, localTime } from './format.ts';
import { shortDigest } from './reference.ts';

const MOST_REPOSITORIES = 12;
const MOST_IMAGES = 6;

/** What a budget would take that the registry wants to have confirmed; undefined for any other error. */
export function lossOf(error: unknown): BudgetLoss | undefined {
  const isQuestion = error instanceof Refusal && error.code === 'CONFIRMATION_REQUIRED';
  return isQuestion ? (error.detail as BudgetLoss) : undefined;
}

/**
 * Says what would go and asks whether it may.
 *
 * @throws Error if it may not, or nobody is there to say so
 */
export async function confirmLoss(loss: BudgetLoss): Promise<void> {
  process.stderr.write(describeLoss(loss));
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Error('Nothing was changed. Add --yes to set this budget and lose all that.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('Set this budget and lose all that? Type "yes": ');
  terminal.close();
  if (answer.trim().toLowerCase() !== 'yes') throw new Error('Nothing was changed.');
}

/** Whole sentences and tables, for people. */
export function describeLoss(loss: BudgetLoss): string {
  const { limit, used, tags, manifests, trashed, ruled, bytes, short, repositories, byRepository, first } =
    loss;
  const losers = byRepository
    .slice(0, MOST_REPOSITORIES)
    .map((each) => [`  ${each.repository}`, count(each.tags, 'tag'), formatBytes(each.bytes)]);
  const images = first
    .slice(0, MOST_IMAGES)
    .map((each) => [
      `  ${each.repository}${each.tags.length === 0 ? `@${shortDigest(each.digest)}` : `:${each.tags.join(',')}`}`,
      `last used ${localTime(each.lastUsedAt)}`,
    ]);
  const rest = repositories - losers.length;
  return [
    `A budget of ${formatBytes(limit)} is below the ${formatBytes(used)} that are used.\n`,
    `It takes ${count(tags, 'tag')} and ${count(manifests, 'manifest')} in `,
    `${count(repositories, 'repository', 'repositories')}, ${formatBytes(bytes)}, at once and for good: `,
    'that cannot be undone.\n',
    trashed === 0 ? '' : `${count(trashed, 'thing')} in the trash could not be put back any more.\n`,
    ruled === 0
      ? ''
      : `The rules take ${count(ruled, 'tag')} before it, which could not be put back either.\n`,
    formatTable(losers),
    rest > 0 ? `  and ${rest} more\n` : '',
    images.length === 0 ? '' : 'First goes what was pushed or pulled longest ago:\n',
    formatTable(images),
    short === 0 ? '' : `${formatBytes(short)} over it are protected or in use now, and stay for as long.\n`,
  ].join('');
}
