import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Author, ChangeSummary, HistoryEvent } from '../api/contract.ts';
import { isDigest } from '../reference.ts';
import type { Client } from './client.ts';
import { formatBytes, formatList, localTime } from './format.ts';
import { query, run, type Answer } from './query.ts';
import { findReference, parseTarget, shortHex, withoutHost } from './reference.ts';

export function historyCommands(): Command[] {
  return [
    query('history', 'what happened to the tags of a repository, or lately to all')
      .argument('[what]', 'a repository, or repository:tag')
      .action(run(showHistory)),
    query('undo', 'take the last change back, or another one')
      .argument(
        '[change]',
        'the number of one of the changes that "berth history" lists; the last that is no undo if absent',
        parseChange,
      )
      .addOption(new Option('--change <number>', 'the same').argParser(parseChange).hideHelp())
      .action(run<{ change?: string }>(undoChange)),
    query('restore', 'put an image back that is in the trash, or a tag to where it pointed')
      .argument(
        '<point>',
        'repository@digest or repository:tag@digest (its beginning is enough), or repository:tag@time (ISO 8601)',
      )
      .action(run(restoreTag)),
  ];
}

const HEAD = ['CHANGE', 'TIME', 'TAG', 'POINTS AT', 'SIZE', 'BY'];

async function showHistory(client: Client, text: string): Promise<Answer> {
  if (text === '') return await showChanges(client);
  const { name, reference } = parseTarget(text);
  const about = new URLSearchParams({
    repository: name,
    ...(reference === undefined ? {} : { tag: reference }),
  });
  const { events } = await client.json<{ events: HistoryEvent[] }>(`/api/history?${about}`);
  return {
    json: { events },
    text: events.length === 0 ? 'Nothing has happened there.\n' : formatEvents(events),
  };
}

/** A terminal has 80 columns at least: what a tag pointed at before is in the line of that change. */
export function formatEvents(events: readonly HistoryEvent[], width?: number): string {
  const rows = events.map(({ change, time, tag, digest, size, restorable, actor }) => [
    String(change),
    localTime(time),
    tag,
    digest === null ? 'deleted' : shortHex(digest),
    sizeOf({ digest, size, restorable }),
    author(actor),
  ]);
  return formatList(HEAD, rows, width);
}

async function showChanges(client: Client): Promise<Answer> {
  const { changes } = await client.json<{ changes: ChangeSummary[] }>('/api/changes?limit=50');
  const rows = changes.map(({ change, time, summary, actor, undoneBy }) => [
    String(change),
    localTime(time),
    undoneBy === undefined ? summary : `${summary}, undone by ${undoneBy}`,
    author(actor),
  ]);
  return {
    json: { changes },
    text:
      changes.length === 0
        ? 'Nothing has happened yet.\n'
        : formatList(['CHANGE', 'TIME', 'WHAT', 'BY'], rows),
  };
}

async function undoChange(client: Client, text: string, options: { change?: string }): Promise<Answer> {
  const given = text === '' ? options.change : text;
  const change = given === undefined ? undefined : Number(given);
  const { bytes } = await client.request('POST', '/api/undo', JSON.stringify({ change }));
  const undone = JSON.parse(bytes.toString()) as { change: number; undone: number; summary: string };
  return {
    json: undone,
    text: `Undid change ${undone.undone} (${undone.summary}). "berth undo ${undone.change}" takes that back.\n`,
  };
}

async function restoreTag(client: Client, text: string): Promise<Answer> {
  if (/^[^@:]+@(?:sha(?:256|512):)?[0-9a-f]{6,}$/.test(withoutHost(text))) return await putBack(client, text);
  const [, repository, tag, at] = /^([^@]+?):([^:@/]+)(?:@(.+))?$/.exec(withoutHost(text)) ?? [];
  if (repository === undefined || tag === undefined) {
    throw new Error(
      `${text} does not say what to put back. Expected repository@digest, repository:tag, repository:tag@digest or repository:tag@time.`,
    );
  }
  const point = at === undefined ? {} : await findPoint(client, repository, tag, at);
  const { bytes } = await client.request(
    'POST',
    '/api/restore',
    JSON.stringify({ repository, tag, ...point }),
  );
  const restored = JSON.parse(bytes.toString()) as { change: number; digest: string };
  return {
    json: { repository, tag, ...restored },
    text: `${repository}:${tag} points at ${restored.digest} again. "berth undo ${restored.change}" takes that back.\n`,
  };
}

async function findPoint(client: Client, repository: string, tag: string, at: string) {
  return DIGEST.test(at) ? { digest: await wholeDigest(client, repository, tag, at) } : { time: at };
}

async function putBack(client: Client, text: string): Promise<Answer> {
  const { name: repository, reference: digest } = await findReference(client, text);
  const { bytes } = await client.request('POST', '/api/restore', JSON.stringify({ repository, digest }));
  const restored = JSON.parse(bytes.toString()) as { change: number; tags: readonly string[] };
  const { change, tags } = restored;
  const names = tags.length === 0 ? `${repository}@${digest}` : tags.map((tag) => `${repository}:${tag}`);
  const what =
    typeof names === 'string'
      ? `${names} is here again.`
      : `${names.join(', ')} ${names.length === 1 ? 'points' : 'point'} at ${digest} again.`;
  return {
    json: { repository, digest, ...restored },
    text: `${what} "berth undo ${change}" takes that back.\n`,
  };
}

/** The API tells so many at most. */
const MOST_EVENTS = 1000;

/** A time has other characters between its digits. */
const DIGEST = /^(?:sha(?:256|512):|[0-9a-f]{6,}$)/;

/**
 * The timeline that people see shows the beginnings of digests: that is what they type.
 *
 * @throws Error if the tag did not point there: a wrong digest would point it at another image
 */
async function wholeDigest(client: Client, repository: string, tag: string, at: string): Promise<string> {
  const about = new URLSearchParams({ repository, tag });
  const { events } = await client.json<{ events: HistoryEvent[] }>(`/api/history?${about}`);
  const digests = events.flatMap(({ digest, previous }) => [digest ?? [], previous ?? []].flat());
  const found = new Set(
    digests.filter((each) => (at.includes(':') ? each : each.slice(each.indexOf(':') + 1)).startsWith(at)),
  );
  const [digest] = found;
  if (digest !== undefined && found.size === 1) return digest;
  const see = `See "berth history ${repository}:${tag}".`;
  if (digest === undefined) {
    const other = isDigest(at)
      ? ` "berth tag ${repository}@${at} ${repository}:${tag}" points it there.`
      : '';
    const when = events.length < MOST_EVENTS ? '' : ` in its last ${events.length} changes`;
    throw new Error(`${repository}:${tag} never pointed at ${at}${when}. ${see}${other}`);
  }
  const candidates = [...found].map((each) => `  ${each}`).join('\n');
  throw new Error(`${repository}:${tag} pointed at several that begin with ${at}:\n${candidates}`);
}

function author({ user, client = '', address }: Author): string {
  // What Berth did by itself has two words: "berth retention", "berth budget".
  const program = client.startsWith('berth ') ? client : (client.split(/[\s(]/)[0] ?? '');
  const isHere = address === undefined || /^(?:127\.|::1$|::ffff:127\.)/.test(address);
  return [user, program === '' ? 'berth' : program, isHere ? '' : `from ${address}`]
    .filter((each) => each !== undefined && each !== '')
    .join(' ');
}

function sizeOf({ digest, size, restorable }: Pick<HistoryEvent, 'digest' | 'size' | 'restorable'>): string {
  if (digest !== null && !restorable) return 'reclaimed';
  return size === null ? '' : formatBytes(size);
}

function parseChange(text: string): string {
  if (/^\d{1,15}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the number of a change, as "berth history" shows it.');
}
