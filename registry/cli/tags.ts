import type { Command } from 'commander';
import type { TagState } from '../api/contract.ts';
import { parseDuration } from '../duration.ts';
import { isDigest } from '../reference.ts';
import type { Client } from './client.ts';
import { localTime } from './format.ts';
import { query, run, type Answer } from './query.ts';
import { parseReference } from './reference.ts';

const TAG = ['<reference>', 'repository:tag'] as const;

export function tagCommands(): Command[] {
  return [
    query('protect', 'let nothing overwrite or delete a tag')
      .argument(...TAG)
      .action(run((client, text) => setProtection(client, text, true))),
    query('unprotect', 'end that')
      .argument(...TAG)
      .action(run((client, text) => setProtection(client, text, false))),
    query('expire', 'say when a tag goes by itself')
      .argument(...TAG)
      .argument('<when...>', '"in 3d" (m, h, d, w), "at 2030-01-31T12:00:00Z", or "never"')
      .action(run((client, text, _, when) => setExpiry(client, text, when))),
  ];
}

async function setProtection(client: Client, text: string, isProtected: boolean): Promise<Answer> {
  const state = await change(client, text, { protected: isProtected });
  const { protectedBy } = state;
  const by =
    protectedBy === null
      ? ''
      : ` The pattern "${protectedBy.pattern}" of retention rule ${protectedBy.rule} protects it in any case.`;
  const text1 = isProtected
    ? `${nameOf(state)} is protected: no push, no deletion and no rule changes it.`
    : `${nameOf(state)} is not protected any more${protectedBy === null ? '' : ' by itself'}.`;
  return { json: state, text: `${text1}${by}\n` };
}

async function setExpiry(client: Client, text: string, when: readonly string[]): Promise<Answer> {
  const state = await change(client, text, { expiresAt: parseWhen(when) });
  const { expiresAt } = state;
  const expiry = expiresAt === null ? 'does not expire' : `expires at ${localTime(expiresAt)}`;
  return { json: state, text: `${nameOf(state)} ${expiry}.\n` };
}

async function change(
  client: Client,
  text: string,
  fields: { protected?: boolean; expiresAt?: string | null },
): Promise<TagState> {
  const { name, reference } = parseReference(text);
  if (isDigest(reference)) throw new Error('Only a tag can be protected or expire. Expected repository:tag.');
  const about = new URLSearchParams({ repository: name, tag: reference });
  const { bytes } = await client.request('PATCH', `/api/tags?${about}`, JSON.stringify(fields));
  return JSON.parse(bytes.toString()) as TagState;
}

/** `in 3d`, `at <time>`, `never`: the time as ISO 8601 has it, or null. */
export function parseWhen(words: readonly string[], now: number = Date.now()): string | null {
  const [first, second, ...rest] = words;
  if (first === 'never' && second === undefined) return null;
  const duration = first === 'in' ? parseDuration(second ?? '') : undefined;
  const time = first === 'at' ? Date.parse(second ?? '') : now + (duration ?? NaN);
  if (rest.length === 0 && !Number.isNaN(time)) return new Date(time).toISOString();
  throw new Error(
    `"${words.join(' ')}" is no time. Expected "in 3d" (m, h, d, w), "at 2030-01-31T12:00:00Z", or "never".`,
  );
}

function nameOf({ repository, tag }: TagState): string {
  return `${repository}:${tag}`;
}
