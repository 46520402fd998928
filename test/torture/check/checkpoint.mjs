import { readFile } from 'node:fs/promises';
import { Violation } from '../protocol.mjs';
import { crc32 } from './crc.mjs';
import { folded, isNamed } from './folded.mjs';

/** @typedef {{ seq: number, segment: number, state: any }} Checkpoint */

/** @returns {Promise<Checkpoint | undefined>} checkpoint.json or base.json; undefined if there is none */
export async function readCheckpoint(path) {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  const { format, checksum, checkpoint } = JSON.parse(text);
  const body = text.slice(text.indexOf('"checkpoint":') + '"checkpoint":'.length, text.lastIndexOf('}'));
  if (format !== 1 || crc32(Buffer.from(body)) !== checksum) throw new Violation(`${path} is damaged`);
  return checkpoint;
}

/** What a checkpoint holds, as `fold` would have made it. @returns {import('./fold.mjs').State} */
export function stateOf({ repositories, trash = [], timelines = [], changes = [] }) {
  const state = { repositories: new Map(), timelines: new Map(), wholes: new Map() };
  for (const { name, tags, manifests, blobs, unused = [] } of repositories) {
    const repository = folded(state, name);
    for (const [tag, digest, pushedAt, more] of tags) repository.tags.set(tag, { digest, pushedAt, ...more });
    for (const manifest of manifests) repository.manifests.set(manifest.digest, { ...manifest });
    const since = new Map(unused);
    for (const [digest, size] of blobs) {
      const isUsed = isNamed(repository, digest);
      repository.blobs.set(digest, isUsed ? { size } : { size, unusedSince: since.get(digest) ?? 0 });
    }
  }
  for (const { repository: name, manifests, blobs } of trash) {
    const repository = folded(state, name);
    for (const [deletedAt, manifest] of manifests)
      repository.trash.set(manifest.digest, { manifest, deletedAt });
    for (const [digest, size, deletedAt] of blobs) repository.hidden.set(digest, { size, deletedAt });
  }
  for (const { seq, effects } of changes) {
    const whole = effects.find(({ kind }) => kind === 'repository');
    if (whole !== undefined) state.wholes.set(seq, whole);
  }
  for (const [name, tag, events] of timelines) {
    state.timelines.set(`${name}:${tag}`, events.map(moveOf));
  }
  return state;
}

/** Events are lists since many of them share one list of actors. */
function moveOf(event) {
  const [seq, time, , digest, previous] = Array.isArray(event)
    ? event.map((each) => each ?? undefined)
    : [event.seq, event.time, event.actor, event.digest, event.previous];
  return { seq, time, digest, previous };
}

/**
 * A checkpoint amounts to what the journal says, down to each time.
 *
 * @param {Checkpoint} checkpoint
 * @param {import('./fold.mjs').State} state of the journal, at the same record
 */
export function compareCheckpoint({ seq, state: found }, state) {
  const [left, right] = [stateOf(found), state].map(linesOf);
  const extra = left.filter((line) => !right.includes(line));
  const lacking = right.filter((line) => !left.includes(line));
  if (extra.length + lacking.length === 0) return;
  throw new Violation(
    `the checkpoint of record ${seq} has\n${extra.join('\n')}\nwhere the journal has\n${lacking.join('\n')}`,
  );
}

/** Each fact on a line of its own. @param {import('./fold.mjs').State} state */
function linesOf({ repositories, timelines }) {
  const lines = [];
  for (const [name, repository] of repositories) {
    for (const kind of ['tags', 'manifests', 'blobs', 'trash', 'hidden']) {
      for (const [key, value] of repository[kind]) lines.push(`${name} ${kind} ${key} ${canonical(value)}`);
    }
  }
  for (const [key, events] of timelines) lines.push(`timeline of ${key} ${canonical(events)}`);
  return lines;
}

/** JSON with the members of objects in lexical order. */
function canonical(value) {
  return JSON.stringify(value, (_, each) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
