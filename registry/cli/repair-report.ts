import { count } from './format.ts';
import type { LostRecords } from '../repair/rebuild.ts';
import type { RebuiltJournal, RepairReport } from '../repair/repair.ts';

/** So many names of a kind are enough to read; --json has them all. */
const NAMES = 20;

/** What a repair found and did, in plain words. */
export function describeRepair({ problems, rebuilt, missing }: RepairReport): string {
  const lines =
    rebuilt === undefined
      ? ['The journal is as it should be. Nothing was changed.']
      : [
          'The journal was damaged:',
          ...problems.map((problem) => `  ${problem}`),
          '',
          ...describeRead(rebuilt),
          '',
          ...describeLoss(rebuilt),
          '',
          `The journal is whole again: ${count(rebuilt.repositories, 'repository', 'repositories')}, ` +
            `${count(rebuilt.tags, 'tag')}, ${count(rebuilt.manifests, 'manifest')}.`,
          `What was there before is in ${rebuilt.aside}. Nothing was deleted.`,
        ];
  if (missing.length > 0) {
    const dependents = [...new Set(missing.flatMap((each) => each.dependents))].sort();
    lines.push(
      '',
      `${count(missing.length, 'piece')} of content ${missing.length === 1 ? 'is' : 'are'} missing. ` +
        `To bring ${missing.length === 1 ? 'it' : 'them'} back, push again:`,
      ...list(dependents),
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}

function describeRead({ startedAfter, applied, corrected, recovered, listed }: RebuiltJournal): string[] {
  const start =
    startedAfter > 0 ? `a checkpoint of everything up to record ${startedAfter}` : 'no good checkpoint';
  return [
    `Read: ${start}, and ${count(applied, 'record')} behind it.`,
    ...(corrected > 0
      ? [`Set right by their checksums: ${count(corrected, 'record')} with a flipped bit.`]
      : []),
    ...(recovered > 0 ? [`Made anew from the manifests themselves: ${count(recovered, 'record')}.`] : []),
    ...(listed.length > 0 ? ['Taken from index.json, which is a second behind:', ...list(listed)] : []),
  ];
}

function describeLoss({ lost, damage, unreadable, doubtful, placed }: RebuiltJournal): string[] {
  if (lost.length === 0) {
    return [
      'Every record was recovered: nothing is lost.',
      ...section(
        damage.map(({ path, from, to }) => `bytes ${from} to ${to} of ${path}`),
        'Not whole, and of records that are known otherwise or that nobody was told of:',
      ),
    ];
  }
  return [
    'Not recovered:',
    ...lost.map((each) => `  ${describeRecords(each)}`),
    ...damage.map(({ path, from, to }) => `  bytes ${from} to ${to} of ${path}`),
    'What these records said (pushes, moves and deletions of tags) is known only as far as it is told here;',
    'what they had deleted may be back.',
    ...section(doubtful, 'These tags may be older than they were, or may have been deleted:'),
    ...section(
      unreadable.map(({ repository, digest }) => `${repository}@${digest}`),
      'These manifests are lost. Push them again; until then the reclaim removes nothing that they may need:',
    ),
    ...section(
      placed.map(({ repository, digest }) => `${repository}@${digest}`),
      'No record explains these manifests. They are kept where they most likely belong, or in "recovered":',
    ),
  ];
}

function describeRecords({ from, to, after, before }: LostRecords): string {
  const which = to === from ? `record ${from}` : `records ${from} to ${to ?? 'the end'}`;
  const since = after === undefined ? [] : [`after ${new Date(after).toISOString()}`];
  const until = before === undefined ? [] : [`before ${new Date(before).toISOString()}`];
  const when = [...since, ...until].join(', ');
  return when === '' ? which : `${which}, ${when}`;
}

function section(names: readonly string[], title: string): string[] {
  return names.length === 0 ? [] : [title, ...list(names)];
}

function list(names: readonly string[]): string[] {
  const shown = names.slice(0, NAMES).map((name) => `  ${name}`);
  return names.length <= NAMES ? shown : [...shown, `  and ${names.length - NAMES} more (--json lists them)`];
}
