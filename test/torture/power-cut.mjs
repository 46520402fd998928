import { constants, existsSync } from 'node:fs';
import { chmod, link, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** How the disk is found after the power came back. */
export const CUTS = ['nothing-unsynced', 'names-unsynced', 'data-unsynced', 'zeros', 'some'];

/**
 * Takes back what the disk need not have kept when the power failed: what a process wrote, created, renamed
 * and removed without a sync that covers it. Only for a process that has ended.
 *
 * @param {string} data
 * @param {string} power the folder of the log that faults/power-log.cjs wrote
 * @param {string} cut `nothing-unsynced`: all that was not synced is gone; `names-unsynced`: only names, the
 *   bytes happen to be there; `data-unsynced`: only bytes, as where the file system journals names alone;
 *   `zeros`: the same, but files keep their length; `some`: names up to some moment, bytes by chance
 * @param {import('./random.mjs').Random} random
 */
export async function cutPower(data, power, cut, random) {
  const lines = (await readFile(join(power, 'log'), 'utf8')).split('\n');
  let offset = 0;
  const entries = [];
  for (const line of lines) {
    if (line !== '') entries.push({ ...JSON.parse(line), offset });
    offset += Buffer.byteLength(line) + 1;
  }
  const lost = entries.filter((entry, at) => !isDurable(entry, entries.slice(at + 1)));
  const names = lost.filter(({ op }) => NAMES.has(op));
  const bytes = lost.filter(({ op }) => op === 'write' || op === 'truncate').filter(isLast(entries));

  const keepsNames = cut === 'data-unsynced' || cut === 'zeros';
  const keptNames = keepsNames ? names.length : cut === 'some' ? random.between(0, names.length) : 0;
  const lostBytes = bytes.filter(() => cut !== 'names-unsynced' && (cut !== 'some' || random.chance(0.5)));
  // Bytes are taken back by inode, wherever the file is called by now; names from the last to the first.
  const paths = await pathsByInode(data, power);
  for (const entry of lostBytes.toReversed())
    await takeBackBytes(entry, paths.get(entry.ino), cut === 'zeros');
  for (const entry of names.slice(keptNames).toReversed()) await takeBackName(entry);
}

const NAMES = new Set(['create', 'rename', 'remove', 'mkdir']);

/** Whether a sync that began afterwards covers it. */
function isDurable(entry, later) {
  if (entry.op === 'sync' || entry.op === 'sync-failed') return true;
  const isName = NAMES.has(entry.op);
  for (const { op, ino, path, covers } of later) {
    if (covers === undefined || covers <= entry.offset) continue;
    const isOwn = isName ? foldersOf(entry).includes(path) : ino === entry.ino;
    if (isOwn && op === 'sync') return true;
    // Bytes that a failed sync was to cover are lost for good: the kernel takes them for written from then on.
    if (isOwn && !isName) return false;
  }
  return false;
}

/** What is lost of a file does not matter where something durable was written over it. */
function isLast(entries) {
  return (lost) =>
    !entries.some(
      (entry, at) =>
        entry.ino === lost.ino &&
        entry.offset > lost.offset &&
        overwrites(entry, lost) &&
        isDurable(entry, entries.slice(at + 1)),
    );
}

function overwrites(later, { at, length = Infinity }) {
  if (later.op === 'truncate') return later.at <= at;
  return later.op === 'write' && later.at <= at && later.at + later.length >= at + length;
}

/** A rename is one step of the file system's journal: a sync of either folder makes it durable. */
function foldersOf({ path, to }) {
  return [path, ...(to === undefined ? [] : [to])].map((each) => each.slice(0, each.lastIndexOf('/')));
}

async function pathsByInode(...folders) {
  const paths = new Map();
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      paths.set((await stat(path)).ino, path);
    }
  }
  return paths;
}

async function takeBackBytes(entry, path, asZeros) {
  if (path === undefined) return;
  const { size, mode } = await stat(path);
  // Content is read-only, for whoever is not root.
  await chmod(path, 0o600);
  await overwrite(entry, path, size, asZeros);
  await chmod(path, mode);
}

async function overwrite(entry, path, size, asZeros) {
  if (entry.op === 'truncate') {
    await writeAt(path, (await readFile(entry.saved)).subarray(entry.at), entry.at);
    return;
  }
  if (entry.saved !== undefined) {
    const before = (await readFile(entry.saved)).subarray(entry.at, entry.at + entry.length);
    await writeAt(path, before, entry.at);
  }
  const firstNew = Math.max(entry.at, entry.size);
  if (firstNew >= size) return;
  if (asZeros)
    await writeAt(path, Buffer.alloc(Math.min(entry.at + entry.length, size) - firstNew), firstNew);
  else await truncate(path, firstNew);
}

async function writeAt(path, bytes, position) {
  const file = await open(path, constants.O_RDWR);
  try {
    await file.write(bytes, 0, bytes.length, position);
  } finally {
    await file.close();
  }
}

async function takeBackName(entry) {
  // What its folder went with does not come back.
  const hasFolder = existsSync(dirname(entry.path));
  switch (entry.op) {
    case 'create':
      if ((await inodeOf(entry.path)) === entry.ino) await rm(entry.path);
      return;
    case 'mkdir':
      await rm(entry.path, { recursive: true, force: true });
      return;
    case 'remove':
      if (entry.saved !== undefined && hasFolder && !existsSync(entry.path))
        await link(entry.saved, entry.path);
      return;
    case 'rename':
      if ((await inodeOf(entry.to)) === entry.ino && !existsSync(entry.path)) {
        if (hasFolder) await rename(entry.to, entry.path);
        else await rm(entry.to);
      }
      if (entry.replaced !== undefined && !existsSync(entry.to)) await link(entry.replaced, entry.to);
      return;
  }
}

async function inodeOf(path) {
  return existsSync(path) ? (await stat(path)).ino : undefined;
}
