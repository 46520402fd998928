// Reads the journal as docs/journal.md describes it, and shares no line with Berth's own reader.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Violation } from '../protocol.mjs';
import { compareCheckpoint, readCheckpoint, stateOf } from './checkpoint.mjs';
import { crc32 } from './crc.mjs';
import { fold } from './fold.mjs';
import { contentOf } from './folded.mjs';
import { wantedOf } from './wanted.mjs';

const HEADER = 'berth-journal 1\n';
/** How long a server that runs may take from making a segment's file to writing its first line. */
const BEGIN_MS = 5000;

/** @typedef {import('./fold.mjs').State & { seq: number }} Journal */

/**
 * @param {string} data the data folder
 * @param {{ mayBeTorn: boolean }} how whether the process was killed and has not been started since
 * @returns {Promise<Journal>}
 */
export async function readJournal(data, { mayBeTorn }) {
  const folder = join(data, 'journal');
  // First what says how far the journal goes: a server that runs may add to it meanwhile.
  const listed = await readLayoutSeq(data);
  const checkpoint = await readCheckpoint(join(folder, 'checkpoint.json'));
  const base = (await readCheckpoint(join(folder, 'base.json'))) ?? NO_BASE;
  const records = await readRecords(folder, base, mayBeTorn);
  const journal = { seq: base.seq, ...stateOf(base.state) };
  if (checkpoint?.seq === base.seq) compareCheckpoint(checkpoint, journal);
  for (const { seq, time, ops } of records) {
    for (const operation of ops) fold(journal, operation, { seq, time: Date.parse(time) });
    journal.seq = seq;
    if (checkpoint?.seq === seq) compareCheckpoint(checkpoint, journal);
  }
  if (checkpoint !== undefined && checkpoint.seq > journal.seq) {
    throw new Violation(`the checkpoint is of record ${checkpoint.seq}, the journal ends at ${journal.seq}`);
  }
  if (checkpoint !== undefined && checkpoint.segment < base.segment) {
    throw new Violation(`the base has segment ${base.segment}, the checkpoint ${checkpoint.segment}`);
  }
  if (listed > journal.seq)
    throw new Violation(`index.json knows record ${listed}, the journal ends at ${journal.seq}`);
  return journal;
}

const NO_BASE = { seq: 0, segment: 0, state: { repositories: [] } };

/** The record up to which index.json shows the tags; 0 if there is none. */
async function readLayoutSeq(data) {
  try {
    const { annotations } = JSON.parse(await readFile(join(data, 'index.json'), 'utf8'));
    return Number(annotations['berth.journal.seq']);
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
}

async function readRecords(folder, base, mayBeTorn) {
  const all = (await readdir(folder)).filter((name) => /^\d{8}\.log$/.test(name)).sort();
  // Older ones a crash has left behind.
  const names = all.filter((name) => Number(name.slice(0, 8)) > base.segment);
  const records = [];
  let tornIn;
  for (const [at, name] of names.entries()) {
    const expected = base.segment + 1 + at;
    if (Number(name.slice(0, 8)) !== expected)
      throw new Violation(`segment ${expected} is missing before ${name}`);
    const path = join(folder, name);
    const isLast = at === names.length - 1;
    const bytes = await (isLast && !mayBeTorn ? readBegun(path) : readFile(path));
    if (bytes.length > HEADER.length && tornIn !== undefined) {
      throw new Violation(`${tornIn} has a torn end, although ${name} follows it`);
    }
    if (!readSegment(name, bytes, records, base.seq)) tornIn = name;
  }
  if (names.length === 0 && base.segment > 0)
    throw new Violation(`no segment follows the base of segment ${base.segment}`);
  if (tornIn !== undefined && !mayBeTorn) throw new Violation(`${tornIn} has a torn end`);
  return records;
}

/** The answer to the request that filled a segment does not wait for the next one to be begun. */
async function readBegun(path) {
  const until = performance.now() + BEGIN_MS;
  for (;;) {
    const bytes = await readFile(path);
    if (bytes.length >= HEADER.length || performance.now() > until) return bytes;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** @returns {boolean} whether it is whole to its end */
function readSegment(name, bytes, records, before) {
  if (bytes.subarray(0, HEADER.length).toString() !== HEADER) {
    // It was about to be begun; after a power cut it may hold zeros.
    if (bytes.length <= HEADER.length) return false;
    throw new Violation(`${name} does not begin with the header`);
  }
  let start = HEADER.length;
  while (start < bytes.length) {
    const end = bytes.indexOf(10, start);
    if (end < 0) return false;
    const line = bytes.subarray(start, end);
    const json = line.subarray(9);
    if (line.subarray(0, 9).toString() !== `${crc32(json)} `) return false;
    const record = JSON.parse(json.toString());
    const expected = (records.at(-1)?.seq ?? before) + 1;
    if (record.seq !== expected) {
      throw new Violation(`${name}, byte ${start}: record ${record.seq} where ${expected} is due`);
    }
    records.push(record);
    start = end + 1;
  }
  return true;
}

/**
 * What the server serves, and counts, is what the journal says.
 *
 * @param {Journal} journal
 * @param {import('./served.mjs').Served} served
 * @param {any} stats the answer of `_stats`
 */
export function compareJournal(journal, served, stats) {
  for (const [name, { tags, manifests }] of served) {
    const folded = journal.repositories.get(name) ?? { tags: new Map(), manifests: new Map() };
    const folds = new Map([...folded.tags].map(([tag, { digest }]) => [tag, digest]));
    expectSame(`tags of ${name}`, pairs(tags), pairs(folds));
    expectSame(`manifests of ${name}`, [...manifests], [...folded.manifests.keys()]);
  }
  const full = [...journal.repositories].filter(([, { manifests }]) => manifests.size > 0);
  const all = full.flatMap(([, { manifests }]) => [...manifests.values()]);
  const layers = new Map(
    all.flatMap(({ layers: each = [] }) => each).map(({ digest, size }) => [digest, size]),
  );
  expectSame('the number of layers', [stats.layers.count], [layers.size]);
  expectSame('the bytes of all layers', [stats.layers.totalSize], [sum(layers.values())]);
  for (const [name, repository] of full) {
    const counted = stats.repositoryDetails.find((each) => each.name === name);
    expectSame(`the bytes of ${name}`, [counted?.totalSize], [sizeOf(wantedOf(repository))]);
  }
}

/** Each content counted once. */
function sizeOf(manifests) {
  const distinct = new Map(manifests.flatMap(contentOf).map(({ digest, size }) => [digest, size]));
  return sum(distinct.values()) + sum(manifests.map(({ size }) => size));
}

function sum(numbers) {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

function pairs(tags) {
  return [...tags].map(([tag, digest]) => `${tag}=${digest}`);
}

function expectSame(what, found, expected) {
  const [left, right] = [found, expected].map((list) => list.map(String).sort().join('\n'));
  if (left !== right) throw new Violation(`${what}: found\n${left}\nbut the journal says\n${right}`);
}
