import { tarOf, type Member } from './tar.ts';

/** What tells that a folder holds images: an OCI layout, or an archive of docker's that was unpacked. */
const MARKS = ['index.json', 'manifest.json'];

/** Below it only this one: files of the other names are in half of all projects. */
const LAYOUT_MARK = 'oci-layout';
const DEEPEST = 2;
const MOST_FOLDERS = 2000;

/** An image of a hundred layers has as many files; whoever drops a whole disk did not mean to. */
const MOST_FILES = 100_000;

/** Folders among what was dropped, each by the file that stands for it. Only while the event is handled. */
export function foldersIn(transfer: DataTransfer | null): ReadonlyMap<File, FileSystemDirectoryEntry> {
  const folders = new Map<File, FileSystemDirectoryEntry>();
  let index = 0;
  for (const item of transfer?.items ?? []) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    const file = transfer?.files[index++];
    if (file && entry?.isDirectory) folders.set(file, entry as FileSystemDirectoryEntry);
  }
  return folders;
}

/**
 * The folder as an archive, whose content is read while it is sent; or the one OCI layout in it, up to two levels deep.
 *
 * @param wanted asked between two folders
 * @throws Error with a sentence for people
 */
export async function packFolder(given: FileSystemDirectoryEntry, wanted: () => boolean): Promise<File> {
  const folder = await findImageFolder(given, wanted);
  const members: Member[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && wanted(); next = folders.pop()) {
    const entries = await entriesOf(next);
    if (members.length + entries.length > MOST_FILES) {
      throw new Error(`${folder.name} has too many files for a folder of images.`);
    }
    for (const entry of entries) {
      if (entry.isDirectory) folders.push(entry as FileSystemDirectoryEntry);
      else members.push(await memberOf(folder, entry as FileSystemFileEntry));
    }
  }
  return new File([tarOf(members)], given.name);
}

async function findImageFolder(
  given: FileSystemDirectoryEntry,
  wanted: () => boolean,
): Promise<FileSystemDirectoryEntry> {
  for (const mark of MARKS) if (await has(given, mark)) return given;
  let level: readonly FileSystemDirectoryEntry[] = [given];
  for (let depth = 1; depth <= DEEPEST && wanted(); depth += 1) {
    level = await foldersBelow(level, wanted);
    const found: FileSystemDirectoryEntry[] = [];
    for (const each of level) if (await has(each, LAYOUT_MARK)) found.push(each);
    const [first, ...more] = found;
    if (first !== undefined && more.length === 0) return first;
    if (first !== undefined) throw severalIn(given, found);
  }
  throw new Error(
    `${given.name} is no folder of images: it has neither index.json nor manifest.json. If there are archives in it, drop those.`,
  );
}

async function foldersBelow(
  level: readonly FileSystemDirectoryEntry[],
  wanted: () => boolean,
): Promise<FileSystemDirectoryEntry[]> {
  const below: FileSystemDirectoryEntry[] = [];
  for (const folder of level) {
    if (!wanted() || below.length > MOST_FOLDERS) break;
    // One that cannot be read is none of images.
    const entries = await entriesOf(folder).catch(() => []);
    for (const entry of entries) if (entry.isDirectory) below.push(entry as FileSystemDirectoryEntry);
  }
  return below.slice(0, MOST_FOLDERS);
}

function severalIn(given: FileSystemEntry, found: readonly FileSystemEntry[]): Error {
  const names = found.map(({ fullPath }) => fullPath.slice(given.fullPath.length + 1)).sort();
  const some = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ' ...' : ''}`;
  return new Error(`${given.name} has ${found.length} OCI layouts in it. Drop those that you mean: ${some}.`);
}

const has = (folder: FileSystemDirectoryEntry, name: string): Promise<boolean> =>
  new Promise((resolve) => {
    folder.getFile(
      name,
      {},
      () => resolve(true),
      () => resolve(false),
    );
  });

/** A reader hands out some at a time, and none at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, () => reject(unreadable(folder)));
    });
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}

async function memberOf(folder: FileSystemEntry, entry: FileSystemFileEntry): Promise<Member> {
  const content = await new Promise<File>((resolve, reject) => {
    entry.file(resolve, () => reject(unreadable(entry)));
  });
  return { path: entry.fullPath.slice(folder.fullPath.length + 1), content };
}

const unreadable = ({ fullPath }: FileSystemEntry): Error =>
  new Error(`${fullPath.slice(1)} cannot be read.`);
