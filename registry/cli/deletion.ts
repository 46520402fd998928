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
  const path = `/api/repositories${untagged ? '/untagged' : ''}?name=${encodeURIComponent(name)}`;
  const { bytes } =
    reference === undefined
      ? await client.request('DELETE', path)
      : await client.request(
          'POST',
          '/api/deletions',
          JSON.stringify({ references: [{ repository: name, reference }] }),
        );
  const { change, changes = [change], tags, manifests } = JSON.parse(bytes.toString()) as Deleted;
  const deleted = formatReference(target);
  if (change === null) return { json: { deleted, change }, text: `${deleted} has no untagged manifests.\n` };
  const commands = changes.map((each) => `"berth undo ${each}"`).join(', ');
  const undo = `${commands} ${changes.length === 1 ? 'takes it' : 'take it'}`;
  // Alone, as a tag goes, or a manifest with nothing else: that was said already.
  const isAlone = reference !== undefined && tags + manifests === 1;
  const counts = untagged
    ? count(manifests, 'untagged manifest')
    : `${count(tags, 'tag')}, ${count(manifests, 'manifest')}`;
  const what = isAlone ? '' : `: ${counts}`;
  return {
    json: { deleted, change, changes, tags, manifests },
    text: `Deleted ${untagged ? `from ${deleted}` : deleted}${what}. ${undo} back.\n`,
  };
}
