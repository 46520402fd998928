import { access, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemCode } from '../error.ts';

/** What tells that a folder holds images: an OCI layout, or an archive of docker's that was unpacked. */
const MARKS = ['index.json', 'manifest.json'];

/** Below it only this one: files of the other names are in half of all projects. */
const LAYOUT_MARK = 'oci-layout';

const DEEPEST = 2;

/** Whoever gives a whole disk did not mean to. */
const MOST_FOLDERS = 2000;

export interface Member {
  /** From the folder on. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/**
 * The folder itself, or the one OCI layout in it, up to two levels deep.
 *
 * @throws Error with a sentence for people
 */
export async function findImageFolder(given: string): Promise<string> {
  for (const mark of MARKS) if (await has(given, mark)) return given;
  let level = await foldersIn(given);
  for (let depth = 1; depth <= DEEPEST && level.length <= MOST_FOLDERS; depth += 1) {
    const found: string[] = [];
    for (const folder of level) if (await has(folder, LAYOUT_MARK)) found.push(folder);
    const [first, ...more] = found.sort();
    if (first !== undefined && more.length === 0) return first;
    if (first !== undefined) throw severalIn(given, found);
    if (depth === DEEPEST) break;
    const next: string[] = [];
    for (const folder of level) {
      for (const each of await foldersIn(folder)) next.push(each);
      if (next.length > MOST_FOLDERS) break;
    }
    level = next;
  }
  throw new Error(
    `${given} is no folder of images: it has neither index.json nor manifest.json, and no OCI layout is in it.`,
  );
}

function severalIn(given: string, found: readonly string[]): Error {
  const some = found.slice(0, 5).join(', ');
  return new Error(
    `${given} has ${found.length} OCI layouts in it. Give those that you mean: ${some}${found.length > 5 ? ' ...' : ''}.`,
  );
}

async function has(folder: string, name: string): Promise<boolean> {
  try {
    await access(join(folder, name));
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

/** Of a folder that nobody may read it is none. */
async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  } catch (error) {
    if (systemCode(error) === 'EACCES') return [];
    throw error;
  }
}

/**
 * All files below the folder, also by links to others of them. What is elsewhere is no part of it.
 *
 * @throws Error with a sentence for people, of a link that leads out or nowhere
 */
export async function filesOf(folder: string): Promise<Member[]> {
  const root = await realpath(folder);
  const members: Member[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) await requireWithin(root, path);
    else if (!entry.isFile()) continue;
    const { size } = await stat(path);
    members.push({ name: path.slice(root.length + 1).replaceAll('\\', '/'), path, size });
  }
  return members;
}

async function requireWithin(root: string, link: string): Promise<void> {
  const target = await realpath(link).catch((error: unknown) => {
    if (['ENOENT', 'ELOOP'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  });
  if (target === undefined) throw new Error(`${link} is a link that leads nowhere.`);
  const isWithin = target.startsWith(`${root}${sep}`);
  if (isWithin && (await stat(target)).isFile()) return;
  throw new Error(
    `${link} is a link to ${target}, ${isWithin ? 'a folder' : 'outside the folder'}: it is not followed. ` +
      'Copy the folder with "cp -rL", which puts files in the place of links, and give the copy.',
  );
}
