import type { DeletedList, TrashedSummary, TrashList } from '../api/contract.ts';
import type { Client } from './client.ts';
import { count, formatBytes, formatList, localTime } from './format.ts';
import type { Answer } from './query.ts';
import { shortDigest } from './reference.ts';

export async function readTrash(client: Client, repository: string): Promise<readonly TrashedSummary[]> {
  const about = new URLSearchParams({ repository });
  return (await client.json<TrashList>(`/api/trash?${about}`)).trash;
}

/** `berth repos --trash` */
export async function showDeleted(client: Client): Promise<Answer> {
  const { repositories } = await client.json<DeletedList>('/api/trash');
  const rows = repositories.map(({ name, images, size, since, until }) => [
    name,
    String(images),
    formatBytes(size),
    localTime(since),
    localTime(until),
  ]);
  const [first] = repositories;
  const text =
    first === undefined
      ? 'No repository is in the trash.\n'
      : `${formatList(['REPOSITORY', 'IMAGES', 'SIZE', 'DELETED', 'STAYS UNTIL'], rows)}\n` +
        `"berth tags ${first.name} --trash" lists what can be put back.\n`;
  return { json: { repositories }, text };
}

/** `berth tags app --trash` */
export async function showTrash(client: Client, name: string): Promise<Answer> {
  const trash = await readTrash(client, name);
  const rows = trash.map(({ digest, size, trash: { tags, replaced, until } }) => [
    tags.length === 0 ? '' : tags.join(', '),
    tags.length > 0 && replaced ? 'moved on' : 'deleted',
    shortDigest(digest),
    formatBytes(size),
    localTime(until),
  ]);
  const [first] = trash;
  const how =
    first === undefined ? '' : `\n"berth restore ${name}@${shortDigest(first.digest)}" puts one back.\n`;
  const text =
    trash.length === 0
      ? `There is nothing in the trash of ${name}.\n`
      : `${formatList(['TAGS', '', 'DIGEST', 'SIZE', 'STAYS UNTIL'], rows)}${how}`;
  return { json: { name, trash }, text };
}

/** To follow a list of tags, on standard error: a script reads nothing but tags. */
export function trashNote(name: string, images: number): string {
  return images === 0
    ? ''
    : `In the trash: ${count(images, 'image')}. "berth tags ${name} --trash" lists ${images === 1 ? 'it' : 'them'}.\n`;
}
