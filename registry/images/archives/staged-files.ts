import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Budget, Claim } from '../../blobs/budget.ts';
import { receive, SyncFailed, type ByteSource } from '../../blobs/receive.ts';
import type { Space } from '../../disk/space.ts';
import { isDigest, type Algorithm, type Digest } from '../../reference.ts';
import { invalid } from '../tar/tar-header.ts';
import type { TarEntry } from '../tar/tar-reader.ts';
import { compressionOf, MAGIC_BYTES, type Compression } from '../tar/compression.ts';
import { entryPath, linkTarget, pathWithin, quote } from './entry-path.ts';

/** Configs and manifests, most of them, and all the little files of old archives. */
const SMALL_BYTES = 64 << 10;

/** Memory for small files, of all archives that are read or wait. */
export interface Memory {
  left: number;
}

export const SMALL_FILES_BYTES = 32 << 20;

/** In characters, as systems have it. Strings of one length beyond 16,383 share one hash: a Map of them takes hours. */
const LONGEST_PATH = 4095;

/** Paths and what links lead to, together: they stay in memory. Fifty thousand real ones are a third of it. */
const MOST_CHARACTERS = 16 << 20;

/** Links to links to links. */
const MOST_HOPS = 16;

/** A file of an archive: in memory if it is small, under a name of our own otherwise. */
export interface StagedFile {
  /** sha256 unless its path says that it has another. */
  readonly digest: Digest;
  readonly size: number;
  readonly compression: Compression;
  readonly place: { readonly content: Buffer } | { readonly file: string };
  /** The room that its file takes. */
  readonly claim?: Claim;
}

/**
 * What an archive holds, by its paths. Paths are only ever looked up here: no file has a name that came out of an
 * archive.
 */
export class StagedFiles {
  readonly folder: string;
  readonly #space: Space;
  readonly #budget: Budget;
  readonly #claims = new Set<Claim>();
  readonly #files = new Map<string, StagedFile>();
  readonly #links = new Map<string, string>();
  readonly #memory: Memory;
  #count = 0;
  #characters = 0;

  private constructor(folder: string, space: Space, budget: Budget, memory: Memory) {
    this.folder = folder;
    this.#space = space;
    this.#budget = budget;
    this.#memory = memory;
  }

  static async open(folder: string, space: Space, budget: Budget, memory: Memory): Promise<StagedFiles> {
    await mkdir(folder);
    return new StagedFiles(folder, space, budget, memory);
  }

  /** All paths of files and links. */
  get paths(): string[] {
    return [...this.#files.keys(), ...this.#links.keys()];
  }

  /** The file at a path, also where links lead to it. */
  find(path: string): StagedFile | undefined {
    let at = pathWithin('', path);
    for (let hop = 0; hop <= MOST_HOPS; hop += 1) {
      if (at === undefined) return undefined;
      const file = this.#files.get(at);
      if (file !== undefined) return file;
      at = this.#links.get(at);
    }
    throw invalid(`The archive's link ${quote(path)} leads nowhere: it goes round in a circle.`);
  }

  /** Where a file of our own may be made. */
  newPath(): string {
    this.#count += 1;
    return join(this.folder, String(this.#count));
  }

  /**
   * Room for a file of our own.
   *
   * @throws RegistryError STORAGE_FULL if there is no room for so much
   */
  async claim(bytes: number, stop?: AbortSignal): Promise<Claim> {
    await this.#space.require(bytes);
    const claim = this.#budget.claim();
    this.#claims.add(claim);
    await claim.grow(bytes, stop === undefined ? {} : { stop });
    return claim;
  }

  /**
   * Takes in the entry that the archive is at. Durable when it resolves.
   *
   * @throws RegistryError ARCHIVE_INVALID, STORAGE_FULL; the reason of `stop`
   */
  async add(entry: TarEntry, stop: AbortSignal): Promise<void> {
    this.#requireShort(entry);
    const path = entryPath(entry.name);
    switch (entry.type) {
      case 'folder':
      case 'other':
        return;
      case 'file':
        if (path === '') throw invalid('The archive has a file without a name.');
        if (entry.isSparse) {
          throw invalid(`${quote(path)} is in the archive as a sparse file. Pack it without --sparse.`);
        }
        return await this.#addFile(path, entry, stop);
      case 'symlink':
      case 'hard link': {
        const target = linkTarget(path, entry.type, entry.link);
        await this.#forget(path);
        this.#links.set(path, target);
        return;
      }
      default:
        throw invalid(`The archive has a ${entry.type} at ${quote(path)}. No image needs one.`);
    }
  }

  #requireShort({ name, link }: TarEntry): void {
    const longest = Math.max(name.length, link.length);
    if (longest > LONGEST_PATH) {
      throw invalid(`The archive has a path of ${longest} characters; ${LONGEST_PATH} are the most.`);
    }
    this.#characters += name.length + link.length;
    if (this.#characters <= MOST_CHARACTERS) return;
    throw invalid(`The archive has more than ${MOST_CHARACTERS >> 20} MiB of paths.`);
  }

  async #addFile(path: string, entry: TarEntry, stop: AbortSignal): Promise<void> {
    const named = digestOfPath(path);
    const algorithm = named?.startsWith('sha512:') === true ? 'sha512' : 'sha256';
    const isSmall = entry.size <= Math.min(SMALL_BYTES, this.#memory.left);
    const file = isSmall ? await keep(entry, algorithm) : await this.#write(entry, algorithm, stop);
    if (named !== undefined && named !== file.digest) {
      throw invalid(`${quote(path)} in the archive is damaged: its bytes have the digest ${file.digest}.`);
    }
    // As tar has it: a later entry of the same name replaces the earlier one.
    await this.#forget(path);
    if (isSmall) this.#memory.left -= file.size;
    this.#files.set(path, file);
  }

  async #write(entry: TarEntry, algorithm: Algorithm, stop: AbortSignal): Promise<StagedFile> {
    const path = this.newPath();
    const hash = createHash(algorithm);
    const body = new EntryBody(entry);
    const claim = await this.claim(entry.size, stop);
    const file = await open(path, 'wx');
    try {
      await receive(body, file, { at: 0, hash, stop, space: this.#space, claim }, () => undefined);
      await file.datasync();
    } catch (error) {
      throw error instanceof SyncFailed ? error.cause : error;
    } finally {
      await file.close();
    }
    return {
      digest: `${algorithm}:${hash.digest('hex')}`,
      size: entry.size,
      compression: compressionOf(body.head),
      place: { file: path },
      claim,
    };
  }

  async #forget(path: string): Promise<void> {
    this.#links.delete(path);
    const file = this.#files.get(path);
    this.#files.delete(path);
    if (file === undefined) return;
    if ('content' in file.place) this.#memory.left += file.size;
    await dropFile(file);
  }

  /** Gives back the room of all that is none of these. */
  async keepOnly(kept: ReadonlySet<StagedFile>): Promise<void> {
    for (const [path, file] of this.#files) if (!kept.has(file)) await this.#forget(path);
  }

  async remove(): Promise<void> {
    for (const { place, size } of this.#files.values()) if ('content' in place) this.#memory.left += size;
    this.#files.clear();
    await rm(this.folder, { recursive: true, force: true });
    for (const claim of this.#claims) claim.shrink(0);
  }
}

/** @throws RegistryError ARCHIVE_INVALID if it is longer than `limit` */
export async function readStaged(file: StagedFile, limit: number, what: string): Promise<Buffer> {
  if (file.size > limit) throw invalid(`${what} is larger than ${limit >> 20} MiB; that is none.`);
  return 'content' in file.place ? file.place.content : await readFile(file.place.file);
}

/** Gives back its room on the disk. */
export async function dropFile({ place, claim }: StagedFile): Promise<void> {
  if ('file' in place) await rm(place.file, { force: true });
  claim?.shrink(0);
}

/** What an OCI layout says of a blob by where it is. */
function digestOfPath(path: string): Digest | undefined {
  const [, algorithm = '', hex = ''] = /(?:^|\/)blobs\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const config = /(?:^|\/)([0-9a-f]{64})\.json$/.exec(path)?.[1];
  const digest = config === undefined ? `${algorithm}:${hex}` : `sha256:${config}`;
  return isDigest(digest) ? digest : undefined;
}

async function keep(entry: TarEntry, algorithm: Algorithm): Promise<StagedFile> {
  const parts: Buffer[] = [];
  for await (const part of entry.read()) parts.push(part);
  const content = Buffer.concat(parts);
  return {
    digest: `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`,
    size: content.length,
    compression: compressionOf(content),
    place: { content },
  };
}

/** An entry's content as `receive` takes it. */
class EntryBody implements ByteSource {
  readonly length: number;
  readonly #entry: TarEntry;
  #head: Buffer = Buffer.alloc(0);
  #paused: Promise<void> | undefined;
  #resume: () => void = () => undefined;

  constructor(entry: TarEntry) {
    this.#entry = entry;
    this.length = entry.size;
  }

  /** What it began with. */
  get head(): Buffer {
    return this.#head;
  }

  async consume(onChunk: (chunk: Buffer) => void, stop: AbortSignal): Promise<void> {
    stop.addEventListener('abort', this.#wake);
    try {
      for await (const chunk of this.#entry.read()) {
        stop.throwIfAborted();
        if (this.#head.length < MAGIC_BYTES) {
          this.#head = Buffer.concat([this.#head, chunk.subarray(0, MAGIC_BYTES)]);
        }
        onChunk(chunk);
        await this.#paused;
      }
      stop.throwIfAborted();
    } finally {
      stop.removeEventListener('abort', this.#wake);
    }
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#paused = undefined;
    this.#resume();
  }

  readonly #wake = (): void => this.resume();
}
