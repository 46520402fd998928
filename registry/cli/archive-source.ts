import { createReadStream, type Stats } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { systemCode } from '../error.ts';
import { TAR_END, tarEntrySize, tarHeader, tarPadding } from '../images/tar/tar-writer.ts';
import { filesOf, findImageFolder, type Member } from './image-folder.ts';

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
  const found = await readable(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw new Error(`There is no file ${path}.`, { cause: error });
    if (systemCode(error) === 'EACCES') throw new Error(`You may not read ${path}.`, { cause: error });
    throw error;
  });
  const name = basename(resolve(path));
  if (found.isDirectory()) return await openFolder(path, name);
  if (!found.isFile()) return { name, bytes: undefined, read: () => readBlocks(path) };
  if (found.size === 0) throw new Error(`${path} is empty.`);
  return { name, bytes: found.size, read: () => readWhole(path, found.size) };
}

async function readable(path: string): Promise<Stats> {
  await access(path, constants.R_OK);
  return await stat(path);
}

async function openFolder(given: string, folderName: string): Promise<ArchiveSource> {
  const members = await filesOf(await findImageFolder(given));
  const bytes = members.reduce((sum, { name, size }) => sum + tarEntrySize(name, size), TAR_END.length);
  return { name: folderName, bytes, read: () => packed(members) };
}

async function* packed(members: readonly Member[]): AsyncGenerator<Buffer> {
  for (const { name, path, size } of members) {
    yield tarHeader(name, size);
    yield* readWhole(path, size);
    yield tarPadding(size);
  }
  yield TAR_END;
}

/** So many bytes were announced; neither fewer nor more may be sent. */
async function* readWhole(path: string, size: number): AsyncGenerator<Buffer> {
  let left = size;
  for await (const chunk of readBlocks(path)) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0) throw new Error(`${path} changed while it was read. Try again.`);
}

function readBlocks(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: BLOCK_BYTES }) as AsyncIterable<Buffer>;
}
