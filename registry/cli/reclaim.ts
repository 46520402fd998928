import type { Command } from 'commander';
import type { Job, ReclaimPreview, ReclaimResult, Stay } from '../api/contract.ts';
import type { Client } from './client.ts';
import { count, formatBytes, formatTable, localTime } from './format.ts';
import { followJob } from './job.ts';
import { query, run, type Answer } from './query.ts';
import { shortDigest } from './reference.ts';

interface ReclaimOptions {
  readonly dryRun?: boolean;
  readonly emptyTrash?: boolean;
}

export function reclaimCommand(): Command {
  return query('gc', 'free the disk of what nothing leads to any more')
    .option('--dry-run', 'only say what would go, and why')
    .option('--empty-trash', 'also what could still be restored')
    .action(run<ReclaimOptions>(reclaim));
}

async function reclaim(
  client: Client,
  _: string,
  { dryRun, emptyTrash = false }: ReclaimOptions,
): Promise<Answer> {
  if (dryRun === true) {
    const plan = await client.json<ReclaimPreview>(`/_gc?empty-trash=${emptyTrash}`);
    return { json: plan, text: describePlan(plan) };
  }
  const { bytes } = await client.request('POST', '/api/reclaim', JSON.stringify({ emptyTrash }));
  const result = await followJob<ReclaimResult>(client, JSON.parse(bytes.toString()) as Job, 'files');
  return { json: result, text: describeResult(result, emptyTrash) };
}

const REASONS: Record<Stay['reason'], string> = {
  deleted: 'deleted',
  untagged: 'lost its last tag',
  unused: 'no manifest uses it',
  'in use': 'a push or pull is using it',
};

function describePlan(plan: ReclaimPreview): string {
  const { items, content, bytes, expiredUploads } = plan;
  const rows = items.map(({ repository, kind, digest, tags, reason, since }) => [
    kind === 'link' ? 'blob' : 'manifest',
    tags.length === 0 ? `${repository}@${shortDigest(digest)}` : `${repository}:${tags.join(', ')}`,
    REASONS[reason],
    // A link that a manifest left behind has no time of its own.
    since.startsWith('1970') ? '' : `since ${localTime(since)}`,
  ]);
  const what = [
    ...(content.length === 0 ? [] : [count(content.length, 'file')]),
    ...(expiredUploads === 0 ? [] : [count(expiredUploads, 'abandoned upload')]),
  ];
  const would =
    what.length === 0
      ? 'Nothing would be removed from the disk.\n'
      : `Would remove ${what.join(' and ')}, and free ${formatBytes(bytes)}.\n`;
  return `${formatTable(rows)}${would}${describeRest(plan)}`;
}

function describeResult(result: ReclaimResult, emptyTrash: boolean): string {
  const { deletedLayers, deletedConfigs, deletedManifests, deletedBlobs, expiredUploads } = result;
  const { reclaimedBytes, freeBefore, freeAfter } = result;
  const kinds = describeKinds({
    manifest: deletedManifests,
    layer: deletedLayers,
    config: deletedConfigs,
    blob: deletedBlobs - deletedManifests - deletedLayers - deletedConfigs,
  });
  const what = [
    ...(deletedBlobs === 0
      ? []
      : [kinds.includes(' and ') ? `${count(deletedBlobs, 'file')} (${kinds})` : kinds]),
    ...(expiredUploads === 0 ? [] : [count(expiredUploads, 'abandoned upload')]),
  ];
  const removed =
    what.length === 0
      ? 'There was nothing to remove from the disk.\n'
      : `Removed ${what.join(' and ')}, and freed ${formatBytes(reclaimedBytes)}.\n`;
  const emptied = emptyTrash ? 'What was deleted until now cannot be put back any more.\n' : '';
  const free = `Free on the disk: ${formatBytes(freeBefore)} before, ${formatBytes(freeAfter)} after.\n`;
  return `${removed}${emptied}${free}${describeRest(result)}`;
}

/** What stays, and what is wrong. */
function describeRest({ stays, trashBytes, uploads, problems }: ReclaimPreview | ReclaimResult): string {
  const underWay =
    uploads.until === null
      ? ''
      : `Under way or broken off: ${count(uploads.count, 'upload')}, ${formatBytes(uploads.bytes)}. ` +
        `Held until ${localTime(uploads.until)}, in case the client goes on.\n`;
  return `${describeStays(stays, trashBytes)}${underWay}${describeProblems(problems)}`;
}

function describeStays(stays: readonly Stay[], trashBytes: number): string {
  const countOf = (...reasons: Stay['reason'][]): number =>
    stays.filter(({ reason }) => reasons.includes(reason)).reduce((sum, each) => sum + each.count, 0);
  const what = (...reasons: Stay['reason'][]): string =>
    describeFiles(stays.filter(({ reason }) => reasons.includes(reason)));
  const [restorable, pushing] = [countOf('deleted', 'untagged'), countOf('unused', 'in use')];
  return (
    (restorable === 0
      ? ''
      : `In the trash: ${what('deleted', 'untagged')}, ${formatBytes(trashBytes)}. They can be put back; ` +
        '"berth gc --empty-trash" frees them.\n') +
    (pushing === 0 ? '' : `Kept for pushes and pulls that may be under way: ${what('unused', 'in use')}.\n`)
  );
}

/** What nothing else needs as well. */
function describeFiles(stays: readonly Stay[]): string {
  const amount = (kind: keyof Stay['files']): number =>
    stays.reduce((sum, { files }) => sum + files[kind], 0);
  const kinds = { manifest: amount('manifest'), layer: amount('layer'), config: amount('config') };
  return describeKinds({ ...kinds, blob: amount('blob') }) || 'names of what others need, too';
}

/** `1 manifest, 2 layers and 1 config`. */
function describeKinds(files: Stay['files']): string {
  const parts = (['manifest', 'layer', 'config', 'blob'] as const)
    .filter((kind) => files[kind] > 0)
    .map((kind) => count(files[kind], kind));
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

function describeProblems(problems: readonly string[]): string {
  return problems.map((each) => `${each}\n`).join('');
}
