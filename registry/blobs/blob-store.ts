import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { chmod, opendir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, writeDurably } from '../disk/files.ts';
import { Space } from '../disk/space.ts';
import { systemCode } from '../error.ts';
import { algorithmOf, hexOf, isDigest, type Algorithm, type Digest } from '../reference.ts';
import { FileReader, MemoryReader, type BlobReader } from './blob-reader.ts';
import { Budget, diskBytes, type WhileWaiting } from './budget.ts';
import { FolderSync } from './folder-sync.ts';
import { RecentContent } from './recent-content.ts';
import { Turns } from './turns.ts';

/** Configs and the like, which are read whole. */
const SMALL_BYTES = 64 << 10;

/** The unit of `stat`'s `blocks`, whatever the file system's own is. */
const BLOCK_BYTES = 512;

/** Content never changes: its files say so. */
const READ_ONLY = 0o444;

/** What was not adopted is still somebody's to go on with. */
const WRITABLE = 0o644;

/**
 * Content under its digest, in the layout of an OCI image folder: `blobs/<algorithm>/<hex>`. Whoever
 * finds a file there may trust it: it was verified and made durable before it got its name.
 */
export class BlobStore {
  /** Its parent is the data folder. */
  readonly folder: string;
  readonly #uploads: string;
  readonly #onDamaged: (digest: Digest) => void;
  readonly #space: Space;
  readonly #budget: Budget;
  /** Of files that take a name or lose it: each has to know whom it replaces. */
  readonly #turns = new Turns();
  readonly #folders: Record<Algorithm, FolderSync>;
  readonly #recent = new RecentContent();
  /** On their way out: to everybody else they are gone already. */
  readonly #removing = new Map<Digest, symbol>();

  private constructor(
    root: string,
    uploads: string,
    folders: Record<Algorithm, FolderSync>,
    { space, budget }: { space: Space; budget: Budget },
    onDamaged: (digest: Digest) => void,
  ) {
    this.folder = root;
    this.#uploads = uploads;
    this.#folders = folders;
    this.#space = space;
    this.#budget = budget;
    this.#onDamaged = onDamaged;
  }

  /** @param onDamaged told of content that was found damaged when it was read, and is quarantined now */
  static async open(
    dataFolder: string,
    space = new Space(dataFolder),
    onDamaged: (digest: Digest) => void = () => {},
    budget = new Budget(),
  ): Promise<BlobStore> {
    const root = join(dataFolder, 'blobs');
    const uploads = join(dataFolder, 'uploads');
    const openFolder = async (name: string): Promise<FolderSync> => {
      await makeFolder(join(root, name));
      return await FolderSync.open(join(root, name));
    };
    const folders = { sha256: await openFolder('sha256'), sha512: await openFolder('sha512') };
    await makeFolder(uploads);
    return new BlobStore(root, uploads, folders, { space, budget }, onDamaged);
  }

  /** Bytes, or undefined if the content is not here. */
  async findSize(digest: Digest): Promise<number | undefined> {
    if (this.#removing.has(digest)) return undefined;
    try {
      return (await stat(this.#path(digest))).size;
    } catch (error) {
      return await this.#absent(digest, error);
    }
  }

  /** Opens content for reading in parts; the caller closes it. Undefined if the content is not here. */
  async openReader(digest: Digest): Promise<BlobReader | undefined> {
    if (this.#removing.has(digest)) return undefined;
    const recent = this.#recent.get(digest);
    if (recent !== undefined) return new MemoryReader(recent);
    try {
      const file = await FileReader.open(this.#path(digest));
      if (file.size > SMALL_BYTES) return file;
      const content = await this.#keepIfWhole(digest, await file.readAll());
      return content === undefined ? undefined : new MemoryReader(content);
    } catch (error) {
      return await this.#absent(digest, error);
    }
  }

  /** Whole content, for what is known to be small: manifests. Undefined if the content is not here. */
  async findContent(digest: Digest): Promise<Buffer | undefined> {
    if (this.#removing.has(digest)) return undefined;
    const recent = this.#recent.get(digest);
    if (recent !== undefined) return recent;
    try {
      return await this.#keepIfWhole(digest, await readFile(this.#path(digest)));
    } catch (error) {
      return await this.#absent(digest, error);
    }
  }

  /**
   * What is read whole is hashed as well, which costs little: wrong bytes never leave as that content, and
   * whoever pushes it next is asked for it.
   */
  async #keepIfWhole(digest: Digest, content: Buffer): Promise<Buffer | undefined> {
    const algorithm = algorithmOf(digest);
    if (createHash(algorithm).update(content).digest('hex') === hexOf(digest)) {
      this.#recent.add(digest, content);
      return content;
    }
    await this.quarantine(digest);
    this.#onDamaged(digest);
    return undefined;
  }

  /**
   * Stores small content whose digest the caller has computed. Resolves when it is durable.
   *
   * @throws RegistryError STORAGE_FULL
   */
  async put(digest: Digest, content: Buffer, waiting?: WhileWaiting): Promise<void> {
    // Not written again, so that a tag can be moved when there is no room for anything.
    const isHere =
      (await this.findSize(digest)) === content.length && (await this.findContent(digest)) !== undefined;
    if (!isHere) await this.#add(digest, content, waiting);
    await this.settle(digest);
    this.#recent.add(digest, content);
  }

  async #add(digest: Digest, content: Buffer, waiting: WhileWaiting | undefined): Promise<void> {
    const claim = this.#budget.claim();
    await claim.grow(content.length, { waiting });
    const temporary = join(this.#uploads, `${randomUUID()}.part`);
    try {
      await this.#space.take(content.length);
      await writeDurably(temporary, content);
      await this.adopt(temporary, digest);
      claim.handOver();
    } catch (error) {
      await rm(temporary, { force: true });
      claim.shrink(0);
      throw error;
    }
  }

  /**
   * Takes over a file whose bytes are verified and durable. It replaces content that is here already: that may
   * have been damaged since it came. Durable after `settle`.
   */
  async adopt(temporary: string, digest: Digest): Promise<void> {
    await this.#turns.alone(digest, () => this.#adopt(temporary, digest));
  }

  async #adopt(temporary: string, digest: Digest): Promise<void> {
    const replaced = await this.#findStats(digest);
    // Before it gets its name: whatever happens between the two, content is never a file to be written to.
    await chmod(temporary, READ_ONLY);
    try {
      await rename(temporary, this.#path(digest));
    } catch (error) {
      await chmod(temporary, WRITABLE);
      const isHere = (await this.findSize(digest)) !== undefined;
      // Windows replaces no read-only file, nor one that is being read.
      if (process.platform !== 'win32' || !isHere) throw error;
      await unlink(temporary);
    }
    this.#budget.give(diskBytes(replaced?.size ?? 0));
  }

  /** Resolves when what was adopted is durable, also if another push adopted it a moment ago. */
  async settle(digest: Digest): Promise<void> {
    await this.#folders[algorithmOf(digest)].sync();
  }

  /** Resolves when what was removed is gone for good. */
  async settleAll(): Promise<void> {
    await Promise.all(Object.values(this.#folders).map((folder) => folder.sync()));
  }

  /** Every piece of content in the folders, in no order. */
  async *list(): AsyncIterable<Digest> {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      for await (const { name } of await opendir(join(this.folder, algorithm), {
        bufferSize: 1000,
      })) {
        const digest = `${algorithm}:${name}`;
        if (isDigest(digest)) yield digest;
      }
    }
  }

  /** Which file the content is in now, to tell whether it was replaced; undefined if it is not here. */
  async findInode(digest: Digest): Promise<number | undefined> {
    return (await this.#findStats(digest))?.ino;
  }

  /** What a piece takes of the disk in bytes, which is not its length; undefined if it is not here. */
  async findDiskUsage(digest: Digest): Promise<number | undefined> {
    const stats = await this.#findStats(digest);
    return stats === undefined ? undefined : stats.blocks * BLOCK_BYTES;
  }

  async #findStats(digest: Digest): Promise<Stats | undefined> {
    try {
      return await stat(this.#path(digest));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * Removes content. From the first moment on nobody finds it any more, and whoever brings it anew waits
   * until the old file is gone, so that the new one is not taken for it.
   *
   * @returns bytes of the disk that this freed; 0 if it was not here
   */
  async remove(digest: Digest): Promise<number> {
    return await this.#takeOut(digest, async (path) => {
      await unlink(path);
      return true;
    });
  }

  /**
   * As `remove`, but the file is kept where no client finds it, in `quarantine/`: it does not have the digest
   * that is its name. A push may have replaced it since somebody found that, so that it is looked at again.
   */
  async quarantine(digest: Digest): Promise<void> {
    const folder = join(dirname(this.folder), 'quarantine');
    await makeFolder(folder);
    const aside = join(folder, `${algorithmOf(digest)}-${hexOf(digest)}-${Date.now()}`);
    await this.#takeOut(digest, async (path) => {
      if (await this.#isWhole(digest)) return false;
      await rename(path, aside);
      return true;
    });
    await this.settle(digest);
  }

  /** What the disk cannot read is not. */
  async #isWhole(digest: Digest): Promise<boolean> {
    try {
      return (await this.#hash(digest)) === hexOf(digest);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') throw error;
      return false;
    }
  }

  async #hash(digest: Digest): Promise<string> {
    const hash = createHash(algorithmOf(digest));
    for await (const chunk of createReadStream(this.#path(digest))) hash.update(chunk as Buffer);
    return hash.digest('hex');
  }

  /**
   * Hashes content that does not look as it should, and quarantines it if it is damaged indeed.
   *
   * @returns whether it was
   */
  async quarantineIfDamaged(digest: Digest): Promise<boolean> {
    try {
      if ((await this.#hash(digest)) === hexOf(digest)) return false;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return true;
      throw error;
    }
    await this.quarantine(digest);
    this.#onDamaged(digest);
    return true;
  }

  /** @param takeOut returns whether it did */
  async #takeOut(digest: Digest, takeOut: (path: string) => Promise<boolean>): Promise<number> {
    const mark = Symbol('removing');
    this.#removing.set(digest, mark);
    this.#recent.delete(digest);
    try {
      return await this.#turns.alone(digest, async () => {
        const { size, blocks } = (await this.#findStats(digest)) ?? { size: 0, blocks: 0 };
        if (await takeOut(this.#path(digest))) this.#budget.give(diskBytes(size));
        return blocks * BLOCK_BYTES;
      });
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return 0;
      throw error;
    } finally {
      if (this.#removing.get(digest) === mark) this.#removing.delete(digest);
      this.#recent.delete(digest);
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#folders).map((folder) => folder.close()));
  }

  async #absent(digest: Digest, error: unknown): Promise<undefined> {
    if (systemCode(error) !== 'ENOENT') throw error;
    await this.#folders[algorithmOf(digest)].requireInPlace();
  }

  #path(digest: Digest): string {
    return join(this.folder, algorithmOf(digest), hexOf(digest));
  }
}
