import type { Command } from 'commander';
import type { Client } from './client.ts';
import { count } from './format.ts';
import { query, run, type Answer } from './query.ts';
import { findTarget, formatReference, withoutHost } from './reference.ts';

interface Deleted {
  readonly change: number | null;
  readonly changes?: readonly number[];
  readonly tags: number;
  readonly manifests: number;
}

export function deletionCommands(): Command[] {
  return [
    query('delete', 'delete a tag, a manifest with its tags, or a repository')
      .argument('<what>', 'repository:tag, repository@digest, or a repository')
      .option('--untagged', 'of a repository, only manifests to which no tag leads')
      .action(run<{ untagged?: boolean }>(deleteTarget)),
  ];
}

async function deleteTarget(
  client: Client,
  text: string,
  { untagged = false }: { untagged?: boolean },
): Promise<Answer> {
  const target = await findTarget(client, text);
  const { name, reference } = target;
  if (untagged && reference !== undefined) {
    throw new Error(`--untagged takes a repository, such as ${withoutHost(name)}, without a tag.`);
  }
  const about = `?name=${encodeURIComponent(name)}`;
  const path =
    reference === undefined
      ? `/api/repositories${untagged ? '/untagged' : ''}${about}`
      : `/v2/${name}/manifests/${reference}`;
  const { headers, bytes } = await client.request('DELETE', path);
  const deleted = formatReference(target);
  if (reference !== undefined) {
    const number = Number(headers.get('Berth-Change'));
    return {
      json: { deleted, change: number },
      text: `Deleted ${deleted}. "berth undo ${number}" takes it back.\n`,
    };
  }
  const { change, changes = [change], tags, manifests } = JSON.parse(bytes.toString()) as Deleted;
  if (change === null) return { json: { deleted, change }, text: `${deleted} has no untagged manifests.\n` };
  const commands = changes.map((each) => `"berth undo ${each}"`).join(', ');
  const undo = `${commands} ${changes.length === 1 ? 'takes it' : 'take it'}`;
  const what = untagged
    ? count(manifests, 'untagged manifest')
    : `${count(tags, 'tag')}, ${count(manifests, 'manifest')}`;
  return {
    json: { deleted, change, changes, tags, manifests },
    text: `Deleted ${untagged ? `from ${deleted}` : deleted}: ${what}. ${undo} back.\n`,
  };
}
