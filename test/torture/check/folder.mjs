import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../content.mjs';
import { hashName, Violation } from '../protocol.mjs';

/** docs/data-folder.md. While Berth runs, the layout's files may be in the middle of being replaced. */
const EXPLAINED = [
  /^(berth|maintenance)\.json$/,
  /^(oci-layout|index\.json)$/,
  /^lock\.socket$/,
  /^journal\/\d{8}\.log(\.torn)?$/,
  /^journal\/((checkpoint|base)\.json|ballast)$/,
  /^blobs\/sha256\/[0-9a-f]{64}$/,
  /^blobs\/sha512\/[0-9a-f]{128}$/,
  /^uploads\/[0-9a-f-]{36}\.(sha256|sha512)\.[0-9a-f]{16}$/,
  /^cache\/compressed-layers$/,
  // What is half written goes when layers are looked into next.
  /^cache\/files\/(sha256|sha512)-[0-9a-f]+(\.new)?$/,
];
/** Only what was damaged on purpose. */
const QUARANTINED = /^quarantine\/(sha(?:256|512)-[0-9a-f]+)-\d+$/;
const STAGED = /^uploads\/[0-9a-f-]{36}\.import\/\d+$/;
const WHILE_RUNNING = [/^lock$/, STAGED];
/** What a failing disk keeps from being tidied up; the next start does that. */
const AFTER_FAILURES = [/^uploads\/[0-9a-f-]{36}\.part$/, STAGED];
/** What is about to replace a file; the next start removes it if it came to nothing. */
const UNFINISHED =
  /^(cache\/\.compressed-layers|\.(oci-layout|(index|berth|maintenance)\.json)|journal\/\.((checkpoint|base)\.json|\d{8}\.log\.torn))\.new$/;

/**
 * No byte in the folder that no rule explains, and every blob is what its name says.
 *
 * @param {string} data
 * @param {import('../model.mjs').Model} model
 * @param {{ isRunning?: boolean, hasFailed?: boolean, startedAt: number, damaged: Set<string> }} state `startedAt`, in milliseconds
 *   since 1970, as of the last start; `damaged` as the quarantine names it
 * @returns {Promise<string[]>} the names of the upload sessions
 */
export async function checkFolder(data, model, state) {
  const { isRunning = false, hasFailed = false, startedAt, damaged } = state;
  const rules = [...EXPLAINED, ...(isRunning ? WHILE_RUNNING : []), ...(hasFailed ? AFTER_FAILURES : [])];
  const names = await listFiles(data);
  const strange = [];
  for (const name of names) {
    if (rules.some((rule) => rule.test(name))) continue;
    if (damaged.has(QUARANTINED.exec(name)?.[1])) continue;
    if (UNFINISHED.test(name) && (await writtenAt(join(data, name))) >= startedAt) continue;
    strange.push(name);
  }
  if (strange.length > 0) throw new Violation(`no rule explains ${strange.join(', ')}`);

  for (const name of names.filter((each) => each.startsWith('blobs/'))) {
    const [, algorithm, hex] = name.split('/');
    const path = join(data, name);
    const actual = digestOf(await readFile(path), algorithm);
    if (actual !== `${algorithm}:${hex}`) throw new Violation(`${name} has the digest ${actual}`);
    const mode = (await stat(path)).mode & 0o777;
    if (mode !== 0o444) throw new Violation(`${name} can be written to: mode ${mode.toString(8)}`);
  }

  const uploads = names.filter((name) => name.startsWith('uploads/')).map((name) => name.slice(8));
  const ended = uploads.filter((name) => model.endedUploads.has(name.slice(0, 36)));
  if (ended.length > 0) throw new Violation(`uploads that have ended still have files: ${ended}`);
  return uploads;
}

/** Infinity if it has got its name meanwhile. */
async function writtenAt(path) {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (error.code === 'ENOENT') return Infinity;
    throw error;
  }
}

/** Every session can be gone on with where its file ends, and none that was acknowledged is lost. */
export async function checkUploads(client, data, uploads, model) {
  for (const name of uploads) {
    const hash = name.split('.')[2];
    const repository = [...model.repositories.keys()].find((each) => hashName(each) === hash);
    if (repository === undefined) throw new Violation(`upload ${name} is of no repository`);
    const id = name.slice(0, 36);
    const path = `/v2/${repository}/blobs/uploads/${id}`;
    const { status, headers } = await client.send('GET', path);
    const { size } = await stat(join(data, 'uploads', name));
    const end = `0-${Math.max(0, size - 1)}`;
    if (status !== 204 || headers.range !== end) {
      throw new Violation(`GET ${path} answered ${status}, ${headers.range}; the file has ${size} bytes`);
    }
    const sent = model.openUploads.get(id);
    if (sent !== undefined && sent !== size) throw new Violation(`upload ${id} has ${size} of ${sent} bytes`);
  }
  const there = new Set(uploads.map((name) => name.slice(0, 36)));
  for (const [id, sent] of model.openUploads) {
    if (there.has(id)) continue;
    if (sent !== undefined) throw new Violation(`upload ${id} with ${sent} bytes is gone`);
    model.openUploads.delete(id);
  }
}

async function listFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
