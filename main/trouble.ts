import { RegistryError, type RepairReport } from '../registry/index.ts';
import type { Trouble, TroubleChoice } from './bridge.ts';
import { count } from './format.ts';

type Kind = Trouble['kind'];

const CHOICES: Readonly<Record<Kind, readonly TroubleChoice['choice'][]>> = {
  'port taken': ['choose another port', 'try again', 'show log', 'quit'],
  'folder in use': ['try again', 'choose another folder', 'show log', 'quit'],
  'folder unusable': ['choose another folder', 'try again', 'show log', 'quit'],
  'journal damaged': ['repair', 'choose another folder', 'show log', 'quit'],
  other: ['try again', 'choose another folder', 'show log', 'quit'],
};

/** Why a start failed, for the window. */
export function explainFailure(error: unknown, at: Pick<Trouble, 'port' | 'dataFolder'>): Trouble {
  const kind = kindOf(error);
  return { kind, message: explain(error), ...at, choices: CHOICES[kind], repaired: null };
}

function kindOf(error: unknown): Kind {
  if (!(error instanceof RegistryError)) return 'other';
  switch (error.code) {
    case 'PORT_TAKEN':
      return 'port taken';
    case 'JOURNAL_DAMAGED':
      return 'journal damaged';
    case 'DATA_FOLDER_UNUSABLE':
      return isInUse(error.detail) ? 'folder in use' : 'folder unusable';
    default:
      return 'other';
  }
}

function isInUse(detail: unknown): boolean {
  return typeof detail === 'object' && detail !== null && 'problem' in detail && detail.problem === 'in use';
}

function explain(error: unknown): string {
  if (error instanceof RegistryError) return withoutCommandLine(error.message);
  return `Berth could not start: ${error instanceof Error ? error.message : String(error)}`;
}

/** What tells what to type: here there are buttons for it. */
export function withoutCommandLine(message: string): string {
  const advice = message.replaceAll(/, or [^.,]* with --[a-z]+(?=\.)/g, '');
  const sentences = advice.split(/(?<=[.!?]) (?=[A-Z])/);
  const others = sentences.filter((sentence) => !/ --[a-z]|"berth /.test(sentence));
  return others.length === 0 ? message : others.join(' ');
}

/** What a repair did, in sentences. */
export function describeRepair({ problems, rebuilt, missing }: RepairReport): string {
  const parts: string[] = [];
  if (rebuilt === undefined) {
    parts.push(problems.length === 0 ? 'The journal is as it should be.' : 'Nothing was changed.');
  } else {
    const { repositories, tags, aside } = rebuilt;
    parts.push(
      `The journal was rebuilt: ${count(repositories, 'repository', 'repositories')}, ${count(tags, 'tag')}.`,
      `The damaged files are in ${aside}.`,
    );
  }
  if (missing.length > 0) {
    parts.push(`${count(missing.length, 'piece', 'pieces')} of content missing: push the images again.`);
  }
  return parts.join(' ');
}
