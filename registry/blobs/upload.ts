import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Space } from '../disk/space.ts';
import { isDiskFull, RegistryError } from '../error.ts';
import { algorithmOf, type Algorithm, type Digest } from '../reference.ts';
import type { Budget, Claim } from './budget.ts';
import type { BlobStore } from './blob-store.ts';
import { receive, SyncFailed, type ByteSource } from './receive.ts';

const READ_BYTES = 1 << 20;

/** Where there has to be room before a byte is written. */
export interface Room {
  readonly space: Space;
  readonly budget: Budget;
}

/** A request that has added nothing for so long gives way to another for the same session. */
const STALLED_MS = 2000;

/**
 * One blob on its way in. Its bytes are in a file of their own, under no digest and visible to nobody,
 * until `finish` has verified them. The file's name has what must survive a restart:
 * `<uuid>.<algorithm>.<first 16 hex digits of the repository's sha256>`.
 */
export class Upload {
  readonly id: string;
  readonly repository: string;
  #algorithm: Algorithm;
  readonly #path: string;
  readonly #space: Space;
  readonly #claim: Claim;
  /** Bytes received so far. */
  #size: number;
  /** Hash of the first `#size` bytes; undefined when it has to be computed from the file. */
  #hash: Hash | undefined;
  #busy: Promise<void> = Promise.resolve();
  #closed = false;
  /** The digest that the bytes have got, before it is linked. */
  #adopted: Digest | undefined;
  /** Cuts off the request that is adding bytes. */
  #takeOver = new AbortController();
  #lastByte = Date.now();

  private constructor(
    path: string,
    repository: string,
    name: SessionName,
    size: number,
    { space, budget }: Room,
  ) {
    this.id = name.id;
    this.repository = repository;
    this.#algorithm = name.algorithm;
    this.#path = path;
    this.#space = space;
    this.#claim = budget.claim().resume(size);
    this.#size = size;
    this.#hash = size === 0 ? createHash(name.algorithm) : undefined;
  }

  static async start(folder: string, repository: string, algorithm: Algorithm, room: Room): Promise<Upload> {
    const name = { id: randomUUID(), algorithm, repositoryHash: hashName(repository) };
    const path = join(folder, formatSessionName(name));
    await (await open(path, 'wx')).close();
    return new Upload(path, repository, name, 0, room);
  }

  /** A session that an earlier run of the server left, or undefined if it is not this repository's. */
  static async resume(
    folder: string,
    repository: string,
    name: SessionName,
    room: Room,
  ): Promise<Upload | undefined> {
    if (name.repositoryHash !== hashName(repository)) return undefined;
    const path = join(folder, formatSessionName(name));
    return new Upload(path, repository, name, (await stat(path)).size, room);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Adds bytes at the end. If the stream breaks off, what has come is kept, so that the client can go on
   * from there.
   *
   * @param at where the client believes the end to be; absent if it did not say
   * @throws RegistryError RANGE_INVALID if the end is elsewhere; STORAGE_FULL
   */
  append(source: ByteSource, at?: number): Promise<void> {
    return this.#alone(async () => {
      if (this.#adopted !== undefined) throw ended();
      await this.#withFile((file) => this.#receive(file, source, at));
    });
  }

  /**
   * Adds the last bytes, verifies all of them and gives them their digest. All or nothing: clients repeat
   * this request as it was, so that after a failure the session is as it was before. The caller closes the
   * session once the blob is linked; until then the same request can be repeated.
   *
   * @returns the blob's size in bytes, once it is durable
   * @throws RegistryError DIGEST_INVALID, RANGE_INVALID, STORAGE_FULL
   */
  finish(source: ByteSource, digest: Digest, store: BlobStore, at?: number): Promise<number> {
    return this.#alone(async () => {
      if (this.#adopted !== undefined && this.#adopted !== digest) throw ended();
      if (this.#adopted === undefined) {
        await this.#complete(source, digest, at);
        await store.adopt(this.#path, digest);
        this.#claim.handOver();
        this.#adopted = digest;
      } else if ((await store.findSize(digest)) !== this.#size) {
        // So long after a request that failed that the blob was reclaimed, since nothing named it.
        throw ended();
      }
      await store.settle(digest);
      return this.#size;
    });
  }

  /** To be called when the blob is linked: the session is over. */
  close(): void {
    this.#closed = true;
  }

  /** Removes the session and its bytes, also while a request is adding to it. */
  async cancel(): Promise<void> {
    if (this.#closed) return;
    this.#takeOver.abort(new RegistryError('BLOB_UPLOAD_UNKNOWN', 'This upload was cancelled.'));
    await this.#alone(async () => {
      this.#closed = true;
      await rm(this.#path, { force: true });
      this.#claim.shrink(0);
    });
  }

  async #complete(source: ByteSource, digest: Digest, at: number | undefined): Promise<void> {
    const before = this.#size;
    if (before === 0) this.#expect(algorithmOf(digest));
    await this.#withFile(async (file) => {
      try {
        await this.#receive(file, source, at);
        await this.#verify(digest);
        await file.datasync().catch((error: unknown) => {
          throw new SyncFailed(error);
        });
      } catch (error) {
        await this.#rewind(file, error instanceof SyncFailed ? 0 : Math.min(before, this.#size));
        throw error instanceof SyncFailed ? error.cause : error;
      }
    });
  }

  async #withFile(work: (file: FileHandle) => Promise<void>): Promise<void> {
    const file = await open(this.#path, this.#size === 0 ? 'w' : 'r+');
    try {
      await work(file);
    } finally {
      await file.close();
    }
  }

  async #receive(file: FileHandle, source: ByteSource, at = this.#size): Promise<void> {
    const before = this.#size;
    if (at !== before) {
      throw new RegistryError('RANGE_INVALID', 'The chunk does not begin where the upload ends.', {
        detail: { chunkStart: at, uploadSize: before },
      });
    }
    const { length = 0, waiting } = source;
    if (length > 0) {
      await this.#claim.grow(before + length, { stop: this.#takeOver.signal, waiting });
      await this.#require(length);
    }
    const hash = this.#hash ?? (await hashFile(this.#path, this.#algorithm, before));
    this.#hash = undefined;
    this.#lastByte = Date.now();
    try {
      await receive(
        source,
        file,
        { at: before, hash, stop: this.#takeOver.signal, space: this.#space, claim: this.#claim },
        (bytes) => {
          this.#size += bytes;
          this.#lastByte = Date.now();
        },
      );
      this.#hash = hash;
      this.#claim.shrink(this.#size);
    } catch (error) {
      // A full disk gets back at once what this request had taken of it. In any case a part of the bytes
      // that failed on their way may be in the file.
      const kept = isDiskFull(error) ? before : this.#size;
      await this.#rewind(file, error instanceof SyncFailed ? 0 : kept);
      throw error;
    }
  }

  async #require(bytes: number): Promise<void> {
    try {
      await this.#space.require(bytes);
    } catch (error) {
      this.#claim.shrink(this.#size);
      throw error;
    }
  }

  async #verify(digest: Digest): Promise<void> {
    const algorithm = algorithmOf(digest);
    const hash =
      algorithm === this.#algorithm && this.#hash !== undefined
        ? this.#hash.copy()
        : await hashFile(this.#path, algorithm, this.#size);
    const actual = `${algorithm}:${hash.digest('hex')}`;
    if (actual === digest) return;
    throw new RegistryError('DIGEST_INVALID', 'The bytes received do not have this digest.', {
      detail: { digest, received: { digest: actual, size: this.#size } },
    });
  }

  async #rewind(file: FileHandle, size: number): Promise<void> {
    await file.truncate(size);
    if (size !== this.#size) this.#hash = undefined;
    this.#size = size;
    this.#claim.shrink(size);
  }

  /** Names the algorithm of the digest that is to come, so that no byte has to be read twice for it. */
  #expect(algorithm: Algorithm): void {
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  /**
   * One request at a time. A client that comes back may arrive before the end of its old connection is
   * seen: a request that adds nothing any more makes room for the next.
   */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#busy;
    let done = (): void => undefined;
    this.#busy = new Promise((resolve) => {
      done = resolve;
    });
    const watch = setInterval(() => {
      if (Date.now() - this.#lastByte > STALLED_MS) {
        this.#takeOver.abort(
          new RegistryError('BLOB_UPLOAD_INVALID', 'Another request went on with this upload.'),
        );
      }
    }, STALLED_MS);
    await before;
    clearInterval(watch);
    this.#takeOver = new AbortController();
    try {
      if (this.#closed) throw ended();
      return await work();
    } finally {
      done();
    }
  }
}

function ended(): RegistryError {
  return new RegistryError('BLOB_UPLOAD_UNKNOWN', 'This upload has ended.');
}

/** What the name of a session's file says. */
export interface SessionName {
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly repositoryHash: string;
}

const SESSION_NAME = /^([0-9a-f-]{36})\.(sha256|sha512)\.([0-9a-f]{16})$/;

function formatSessionName({ id, algorithm, repositoryHash }: SessionName): string {
  return `${id}.${algorithm}.${repositoryHash}`;
}

/** Undefined for a file that is no session's. */
export function parseSessionName(text: string): SessionName | undefined {
  const [, id, algorithm, repositoryHash] = SESSION_NAME.exec(text) ?? [];
  if (id === undefined || repositoryHash === undefined) return undefined;
  return { id, algorithm: algorithm as Algorithm, repositoryHash };
}

function hashName(repository: string): string {
  return createHash('sha256').update(repository).digest('hex').slice(0, 16);
}

async function hashFile(path: string, algorithm: Algorithm, size: number): Promise<Hash> {
  const hash = createHash(algorithm);
  if (size === 0) return hash;
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: READ_BYTES })) {
    hash.update(chunk as Buffer);
  }
  return hash;
}
