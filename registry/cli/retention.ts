import { Command } from 'commander';
import type {
  BudgetPreview,
  RetentionDecision,
  RetentionPreview,
  RetentionResult,
  Why,
} from '../api/contract.ts';
import { parseName } from '../reference.ts';
import type { Client } from './client.ts';
import { count, formatBytes, formatTable, localTime, printable, wrap } from './format.ts';
import { query, run, type Answer } from './query.ts';
import { findTarget, formatReference, shortDigest, withoutHost } from './reference.ts';
import { bold, lineWidth } from './terminal.ts';

export function retentionCommands(): Command[] {
  const retention = new Command('retention').description('what goes by rule, and why everything else stays');
  retention.addCommand(
    query('plan', 'say what a run would delete and why; touch nothing')
      .argument('[repository]', 'say also why everything in it stays')
      .action(run(showPlan)),
  );
  retention.addCommand(query('run', 'delete what the rules and the budget take now').action(run(runNow)));
  const why = query('why', 'what keeps a tag, a manifest, a blob or a repository, or what will take it')
    .argument('<reference>', 'a repository, repository:tag or repository@digest')
    .action(run(showWhy));
  return [retention, why];
}

async function showPlan(client: Client, text: string): Promise<Answer> {
  const about = text === '' ? '' : `?${new URLSearchParams({ repository: parseName(withoutHost(text)) })}`;
  const plan = await client.json<RetentionPreview>(`/api/retention${about}`);
  const { deletions, stays, staysByReason, bytes } = plan;
  const tags = deletions.filter(({ tag }) => tag !== null).length;
  const manifests = deletions.reduce((sum, each) => sum + (each.manifests ?? 0), 0);
  const kept = staysByReason.reduce((sum, each) => sum + each.count, 0);
  const would =
    deletions.length === 0
      ? 'The rules take nothing now.\n'
      : `Would delete ${count(tags, 'tag')} and ${count(manifests, 'manifest')}. ` +
        `That frees ${formatBytes(bytes)} in the end, and can be undone.\n`;
  const summary = staysByReason.map(({ reason, count: amount }) => ['', String(amount), reason]);
  return {
    json: plan,
    text: [
      formatTable(deletions.map((each) => ['goes', nameOf(each), formatBytes(each.bytes ?? 0), each.reason])),
      formatTable((stays ?? []).map((each) => ['stays', nameOf(each), '', each.reason])),
      would,
      describeRules(plan.byRule),
      stays === undefined && kept > 0
        ? `${count(kept, 'other stays', 'others stay')}:\n${formatTable(summary)}`
        : '',
      describeBudget(plan.budget),
    ].join(''),
  };
}

/** One rule alone frees what the plan says above. */
function describeRules(byRule: RetentionPreview['byRule']): string {
  if (byRule.length < 2) return '';
  const rows = byRule.map(({ rule, tags, manifests, exclusive }) => [
    `  ${rule} alone`,
    count(tags, 'tag'),
    count(manifests, 'manifest'),
    formatBytes(exclusive),
  ]);
  return formatTable(rows);
}

function describeBudget({ limit, used, deletions, bytes, short }: BudgetPreview): string {
  if (limit === null) return '';
  const rows = deletions.map(({ kind, repository, tags, digest, since, bytes: freed }) => [
    kind,
    tags.length === 0 ? `${repository}@${shortDigest(digest)}` : `${repository}:${tags.join(',')}`,
    formatBytes(freed),
    `since ${localTime(since)}`,
  ]);
  const use = `The budget is ${formatBytes(limit)}; ${formatBytes(used)} are used.\n`;
  const would =
    rows.length === 0
      ? ''
      : `${formatTable(rows)}Would give these up for good, which frees ${formatBytes(bytes)} and cannot be undone.\n`;
  return `${use}${would}${describeShort(short)}`;
}

function describeShort(short: number): string {
  if (short === 0) return '';
  return (
    `Still ${formatBytes(short)} over the budget: all that is left is protected or in use. ` +
    'Unprotect or delete something, or raise the budget ("berth settings budget 50GB").\n'
  );
}

async function runNow(client: Client): Promise<Answer> {
  const { bytes } = await client.request('POST', '/api/retention');
  const result = JSON.parse(bytes.toString()) as RetentionResult;
  const { tags, manifests, changes, skipped, budget } = result;
  const undo = changes.map((change) => `"berth undo ${change}"`).join(', ');
  const gone = `${count(budget.tags, 'tag')} and ${count(budget.manifests, 'manifest')}`;
  return {
    json: result,
    text: [
      changes.length === 0
        ? 'The rules took nothing.\n'
        : `Deleted ${count(tags, 'tag')} and ${count(manifests, 'manifest')}. Until the trash is emptied, ${undo} takes that back.\n`,
      skipped === 0 ? '' : `Left ${skipped} alone that somebody used or changed meanwhile.\n`,
      budget.limit === null || budget.bytes === 0
        ? ''
        : `For the budget, gave up ${gone} for good: ${formatBytes(budget.bytes)}. "berth gc" removes the files.\n`,
      describeShort(budget.short),
    ].join(''),
  };
}

async function showWhy(client: Client, text: string): Promise<Answer> {
  const target = await findTarget(client, text);
  const about = new URLSearchParams({
    repository: target.name,
    ...(target.reference === undefined ? {} : { reference: target.reference }),
  });
  const why = await client.json<Why>(`/api/why?${about}`);
  const title = bold(printable(`${formatReference(target)} ${describeState(why)}.`));
  const reasons = why.reasons.flatMap((reason) => wrap(reason, lineWidth() - 2)).map((line) => `  ${line}`);
  return { json: why, text: `${[title, ...reasons.map(printable)].join('\n')}\n` };
}

function describeState({ kept, deleted }: Why): string {
  if (deleted) return kept ? 'was deleted, and can be put back' : 'was deleted';
  return kept ? 'is kept' : 'goes';
}

function nameOf({ repository, tag, digest }: RetentionDecision): string {
  return tag === null ? `${repository}@${shortDigest(digest)}` : `${repository}:${tag}`;
}
