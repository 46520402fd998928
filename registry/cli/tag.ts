import type { Command } from 'commander';
import type { Tagged } from '../api/contract.ts';
import { isDigest } from '../reference.ts';
import type { Client } from './client.ts';
import { query, run, type Answer } from './query.ts';
import { findReference, formatReference, parseReference, shortDigest } from './reference.ts';

export function tagCommand(): Command {
  return query('tag', 'point a tag at an image that is here, also in another repository; nothing is copied')
    .argument('<source>', 'repository:tag or repository@digest')
    .argument('<target>', 'repository:tag')
    .action(run((client, source, _, [target = '']) => tag(client, source, target)));
}

async function tag(client: Client, sourceText: string, targetText: string): Promise<Answer> {
  const source = await findReference(client, sourceText);
  if (/^[^/:@]+$/.test(targetText)) throw ambiguous(sourceText, source.name, targetText);
  const target = parseReference(targetText);
  if (isDigest(target.reference))
    throw new Error('Only a tag can be pointed at an image. Expected repository:tag.');
  const body = {
    from: { repository: source.name, reference: source.reference },
    to: { repository: target.name, tag: target.reference },
  };
  const { bytes } = await client.request('POST', '/api/tags', JSON.stringify(body));
  const tagged = JSON.parse(bytes.toString()) as Tagged;
  return { json: tagged, text: `${describe(formatReference(target), tagged)}\n` };
}

/** docker takes a word alone for a repository, and people who give an image another tag mean that tag. */
function ambiguous(source: string, name: string, word: string): Error {
  return new Error(
    `"${word}" may be a tag of ${name}, or another repository. Type one of these:\n` +
      `  berth tag ${source} ${name}:${word}\n` +
      `  berth tag ${source} ${word}:latest`,
  );
}

function describe(name: string, { change, digest, replaced }: Tagged): string {
  if (change === null) return `${name} points at ${shortDigest(digest)} already.`;
  const before = replaced === null ? '' : `, and no longer at ${shortDigest(replaced)}`;
  return `${name} points at ${shortDigest(digest)}${before}. "berth undo ${change}" takes that back.`;
}
