import { createReadStream } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { systemCode } from '../error.ts';
import { TAR_END, tarEntrySize, tarHeader, tarPadding } from '../images/tar/tar-writer.ts';

const BLOCK_BYTES = 256 << 10;

/** An archive to be sent. */
export interface ArchiveSource {
  /** For people. */
  readonly name: string;
  /** Undefined for standard input. */
  readonly bytes: number | undefined;
  read(): AsyncIterable<Buffer>;
}

/** A file, standard input, or a folder that becomes a tar on its way. */
export async function openArchive(path: string): Promise<ArchiveSource> {
  if (path === '-') {
    return { name: 'standard input', bytes: undefined, read: () => process.stdin as AsyncIterable<Buffer> };
  }
  const found = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw new Error(`There is no file ${path}.`, { cause: error });
    throw error;
  });
  const name = basename(resolve(path));
  if (found.isDirectory()) return await openFolder(path, name);
  const bytes = found.isFile() ? found.size : undefined;
  return { name, bytes, read: () => readFileBlocks(path) };
}

interface Member {
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

async function openFolder(folder: string, folderName: string): Promise<ArchiveSource> {
  await requireImages(folder);
  const members: Member[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // Links in such a folder may lead anywhere: what they lead to is no part of it.
    if (entry.isFile()) members.push({ name: nameIn(folder, path), path, size: (await stat(path)).size });
  }
  const bytes = members.reduce((sum, { name, size }) => sum + tarEntrySize(name, size), TAR_END.length);
  return { name: folderName, bytes, read: () => packed(members) };
}

async function requireImages(folder: string): Promise<void> {
  for (const mark of ['index.json', 'manifest.json']) {
    try {
      return await access(join(folder, mark));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
  throw new Error(`${folder} is no folder of images: it has neither index.json nor manifest.json.`);
}

function nameIn(folder: string, path: string): string {
  return path.slice(join(folder, '/').length).replaceAll('\\', '/');
}

async function* packed(members: readonly Member[]): AsyncGenerator<Buffer> {
  for (const { name, path, size } of members) {
    yield tarHeader(name, size);
    let left = size;
    for await (const chunk of readFileBlocks(path)) {
      left -= chunk.length;
      yield chunk;
    }
    if (left !== 0) throw new Error(`${path} changed while it was read. Try again.`);
    yield tarPadding(size);
  }
  yield TAR_END;
}

function readFileBlocks(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: BLOCK_BYTES }) as AsyncIterable<Buffer>;
}
