import { randomUUID } from 'node:crypto';
import { chmod, open, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeAll } from '../disk/files.ts';
import { systemCode } from '../error.ts';
import { algorithmOf, hexOf, type Algorithm, type Digest } from '../reference.ts';
import { FileReader, MemoryReader, type BlobReader } from './blob-reader.ts';
import { FolderSync } from './folder-sync.ts';
import { RecentContent } from './recent-content.ts';

/** Configs and the like, which are read whole. */
const SMALL_BYTES = 64 << 10;

/** Content never changes: its files say so. */
const READ_ONLY = 0o444;

/**
 * Content under its digest, in the layout of an OCI image folder: `blobs/<algorithm>/<hex>`. Whoever
 * finds a file there may trust it: it was verified and made durable before it got its name.
 */
export class BlobStore {
  readonly #root: string;
  readonly #uploads: string;
  readonly #folders: Record<Algorithm, FolderSync>;
  readonly #recent = new RecentContent();

  private constructor(root: string, uploads: string) {
    this.#root = root;
    this.#uploads = uploads;
    this.#folders = {
      sha256: new FolderSync(join(root, 'sha256')),
      sha512: new FolderSync(join(root, 'sha512')),
    };
  }

  static async open(dataFolder: string): Promise<BlobStore> {
    const root = join(dataFolder, 'blobs');
    const uploads = join(dataFolder, 'uploads');
    await makeFolder(join(root, 'sha256'));
    await makeFolder(join(root, 'sha512'));
    await makeFolder(uploads);
    return new BlobStore(root, uploads);
  }

  /** Bytes, or undefined if the content is not here. */
  async findSize(digest: Digest): Promise<number | undefined> {
    try {
      return (await stat(this.#path(digest))).size;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Opens content for reading in parts; the caller closes it. Undefined if the content is not here. */
  async openReader(digest: Digest): Promise<BlobReader | undefined> {
    const recent = this.#recent.get(digest);
    if (recent !== undefined) return new MemoryReader(recent);
    try {
      const file = await FileReader.open(this.#path(digest));
      if (file.size > SMALL_BYTES) return file;
      const content = await file.readAll();
      this.#recent.add(digest, content);
      return new MemoryReader(content);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whole content, for what is known to be small: manifests. Undefined if the content is not here. */
  async findContent(digest: Digest): Promise<Buffer | undefined> {
    const recent = this.#recent.get(digest);
    if (recent !== undefined) return recent;
    try {
      const content = await readFile(this.#path(digest));
      this.#recent.add(digest, content);
      return content;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Stores small content whose digest the caller has computed. Resolves when it is durable. */
  async put(digest: Digest, content: Buffer): Promise<void> {
    const temporary = join(this.#uploads, `${randomUUID()}.part`);
    const file = await open(temporary, 'wx');
    try {
      await writeAll(file, [content]);
      await file.datasync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    await this.adopt(temporary, digest, content.length);
    await this.settle(digest);
    this.#recent.add(digest, content);
  }

  /**
   * Takes over a file whose bytes are verified and durable. Content that is here already is kept, unless
   * its length is wrong: then the new file heals it. Durable after `settle`.
   */
  async adopt(temporary: string, digest: Digest, size: number): Promise<void> {
    if ((await this.findSize(digest)) === size) {
      await unlink(temporary);
      return;
    }
    await rename(temporary, this.#path(digest));
    await chmod(this.#path(digest), READ_ONLY);
  }

  /** Resolves when what was adopted is durable, also if another push adopted it a moment ago. */
  async settle(digest: Digest): Promise<void> {
    await this.#folders[algorithmOf(digest)].sync();
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#folders).map((folder) => folder.close()));
  }

  #path(digest: Digest): string {
    return join(this.#root, algorithmOf(digest), hexOf(digest));
  }
}
