import type { Command } from 'commander';
import type { Job, VerifyResult } from '../api/contract.ts';
import type { Client } from './client.ts';
import { count, formatBytes } from './format.ts';
import { followJob } from './job.ts';
import { query, run, type Answer } from './query.ts';

interface VerifyOptions {
  readonly repair?: boolean;
}

export function verifyCommand(): Command {
  return query('verify', 'check all content and the journal; damaged content is quarantined')
    .option('--repair', 'make damaged files of the journal anew, and look through the quarantine')
    .action(run<VerifyOptions>(verify));
}

async function verify(client: Client, _: string, { repair = false }: VerifyOptions): Promise<Answer> {
  const { bytes } = await client.request('POST', '/api/verify', JSON.stringify({ repair, job: true }));
  const result = await followJob<VerifyResult>(client, JSON.parse(bytes.toString()) as Job, 'bytes');
  // So that a script notices.
  if (!result.ok) process.exitCode = 2;
  return { json: result, text: describe(result) };
}

const PROBLEMS: Record<VerifyResult['damaged'][number]['problem'], string> = {
  empty: 'Damaged (empty), quarantined',
  'wrong digest': 'Damaged (wrong digest), quarantined',
  unreadable: 'Damaged (the disk cannot read it), quarantined',
  'not permitted': 'Berth may not read the file; make its user the owner',
  'wrong size': 'Not as long as a manifest or link says',
};

function describe({ checked, damaged, missing, restored, journal, ok }: VerifyResult): string {
  const lost = [...damaged.filter(({ problem }) => PROBLEMS[problem].includes('quarantined')), ...missing];
  const dependents = [...new Set(lost.flatMap((each) => each.dependents))].sort();
  const lines = [
    `Checked ${count(checked.blobs, 'file')}, ${formatBytes(checked.bytes)}, and the journal.`,
    ...damaged.map(({ digest, problem }) => `${PROBLEMS[problem]}: ${digest}`),
    ...missing.map(({ digest }) => `Missing: ${digest}`),
    ...restored.map((digest) => `Back from the quarantine: ${digest}`),
    ...(dependents.length === 0 ? [] : ['To bring back what is lost, push again:']),
    ...dependents.map((each) => `  ${each}`),
    ...describeJournal(journal),
    ok ? 'All is well.' : 'Not all is well.',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function describeJournal({ problems, differences, repaired, changing }: VerifyResult['journal']): string[] {
  return [
    ...problems.map((problem) => `The journal is damaged: ${problem}`),
    ...(problems.length === 0
      ? []
      : ['Run "berth verify --repair". If that does not help, stop Berth and run "berth repair".']),
    ...differences.map((difference) => `In memory is not what the journal says of ${difference}`),
    ...repaired.map((each) => `Repaired: ${each}`),
    ...(changing === 0
      ? []
      : [`Not compared, because it changes all the time: ${count(changing, 'repository', 'repositories')}.`]),
  ];
}
