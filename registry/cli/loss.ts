import { createInterface } from 'node:readline/promises';
import type { BudgetLoss, UndoLoss } from '../api/contract.ts';
import { Refusal } from './client.ts';
import { count, formatBytes, formatTable, localTime } from './format.ts';
import { shortDigest } from './reference.ts';

const MOST_REPOSITORIES = 12;
const MOST_IMAGES = 6;

export type Loss = BudgetLoss | UndoLoss;

/** What a setting would take that the registry wants to have confirmed; undefined for any other error. */
export function lossOf(error: unknown): Loss | undefined {
  const isQuestion = error instanceof Refusal && error.code === 'CONFIRMATION_REQUIRED';
  return isQuestion ? (error.detail as Loss) : undefined;
}

/**
 * Says what would go and asks whether it may.
 *
 * @throws Error if it may not, or nobody is there to say so
 */
export async function confirmLoss(loss: Loss): Promise<void> {
  const isUndo = 'undoDays' in loss;
  const what = isUndo ? 'this undo window' : 'this budget';
  process.stderr.write(isUndo ? describeUndoLoss(loss) : describeBudgetLoss(loss));
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Error(`Nothing was changed. Add --yes to set ${what} and lose all that.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Set ${what} and lose all that? Type "yes": `);
  terminal.close();
  if (answer.trim().toLowerCase() !== 'yes') throw new Error('Nothing was changed.');
}

/** A sentence for people. */
export function describeUndoLoss({ undoDays, images, repositories, bytes }: UndoLoss): string {
  return (
    `With an undo window of ${count(undoDays, 'day')} ${count(images, 'image')} in the trash of ` +
    `${count(repositories, 'repository', 'repositories')}, ${formatBytes(bytes)}, cannot be put back any more.\n`
  );
}

/** Whole sentences and tables, for people. */
export function describeBudgetLoss(loss: BudgetLoss): string {
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
