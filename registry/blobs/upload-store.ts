import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Space } from '../disk/space.ts';
import { RegistryError, systemCode } from '../error.ts';
import type { Algorithm } from '../reference.ts';
import { iso } from '../time.ts';
import { Budget, diskBytes } from './budget.ts';
import { parseSessionName, Upload, type Room, type SessionName } from './upload.ts';

/** The unit of `stat`'s `blocks`, whatever the file system's own is. */
const BLOCK_BYTES = 512;

export interface UploadUse {
  readonly count: number;
  /** Bytes of the disk. */
  readonly bytes: number;
}

export interface OpenUploads extends UploadUse {
  /** When the last of them ends if no client goes on, in ISO 8601; null without any. */
  readonly until: string | null;
}

/** The upload sessions, one file each below `uploads/`. */
export class UploadStore {
  readonly #folder: string;
  readonly #lifetime: number;
  readonly #room: Room;
  /** Sessions that this run has touched. All others are found in the folder when they are asked for. */
  readonly #open = new Map<string, Upload>();

  /** @param lifetime milliseconds after its last byte at which a session may be removed */
  constructor(dataFolder: string, lifetime: number, space = new Space(dataFolder), budget = new Budget()) {
    this.#folder = join(dataFolder, 'uploads');
    this.#lifetime = lifetime;
    this.#room = { space, budget };
  }

  /** @throws RegistryError STORAGE_FULL */
  async start(repository: string, algorithm: Algorithm): Promise<Upload> {
    await this.#room.space.require(1);
    const upload = await Upload.start(this.#folder, repository, algorithm, this.#room);
    this.#open.set(upload.id, upload);
    return upload;
  }

  /** @throws RegistryError BLOB_UPLOAD_UNKNOWN */
  async read(repository: string, id: string): Promise<Upload> {
    const upload = this.#open.get(id) ?? (await this.#resume(repository, id));
    if (upload?.repository !== repository) {
      throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'There is no such upload. Start a new one.', {
        detail: { repository, upload: id.slice(0, 100) },
      });
    }
    return upload;
  }

  /** To be called when the blob of a session is linked. */
  close(upload: Upload): void {
    upload.close();
    this.#open.delete(upload.id);
  }

  /** Ends a session and removes its bytes. */
  async cancel(upload: Upload): Promise<void> {
    await upload.cancel();
    this.#open.delete(upload.id);
  }

  /** How many sessions are in the folder. */
  async count(): Promise<number> {
    return (await readdir(this.#folder)).length;
  }

  /**
   * Removes what an earlier run left half-written and can never be resumed. Only before the first
   * request: later such files belong to requests under way.
   */
  async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (parseSessionName(name) !== undefined) continue;
      await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** Bytes of each session in the folder. */
  async *sizes(): AsyncIterable<number> {
    for (const { path } of await this.#list()) yield (await stat(path)).size;
  }

  /** What sessions take of the disk: those to which no byte was added for the lifetime, and the others. */
  async findUse(now = Date.now()): Promise<{ expired: UploadUse; open: OpenUploads }> {
    const use = { expired: { count: 0, bytes: 0 }, open: { count: 0, bytes: 0 } };
    let until = 0;
    for (const { path } of await this.#list()) {
      const found = await stat(path).catch(ended);
      if (found === undefined) continue;
      const end = found.mtimeMs + this.#lifetime;
      const part = now < end ? use.open : use.expired;
      part.count += 1;
      part.bytes += found.blocks * BLOCK_BYTES;
      until = Math.max(until, end);
    }
    return { ...use, open: { ...use.open, until: use.open.count === 0 ? null : iso(until) } };
  }

  /**
   * Removes sessions to which no byte was added for the lifetime.
   *
   * @returns their ids, and bytes of the disk that each took
   */
  async removeExpired(now = Date.now()): Promise<{ id: string; bytes: number }[]> {
    const expired: { id: string; bytes: number }[] = [];
    for (const { id, path } of await this.#list()) {
      const found = await stat(path).catch(ended);
      if (found === undefined || now - found.mtimeMs < this.#lifetime) continue;
      const { size, blocks } = found;
      const upload = this.#open.get(id);
      if (upload === undefined) {
        await rm(path, { force: true });
        this.#room.budget.give(diskBytes(size));
      } else await this.cancel(upload);
      expired.push({ id, bytes: blocks * BLOCK_BYTES });
    }
    return expired;
  }

  async #resume(repository: string, id: string): Promise<Upload | undefined> {
    const found = (await this.#list()).find((session) => session.id === id);
    if (found === undefined) return undefined;
    const resumed = await Upload.resume(this.#folder, repository, found, this.#room);
    // Another request may have resumed the same session meanwhile: there must be one object for each.
    const upload = this.#open.get(id) ?? resumed;
    if (upload !== undefined) this.#open.set(id, upload);
    return upload;
  }

  async #list(): Promise<(SessionName & { path: string })[]> {
    const names = await readdir(this.#folder);
    return names.flatMap((name) => {
      const session = parseSessionName(name);
      return session === undefined ? [] : [{ ...session, path: join(this.#folder, name) }];
    });
  }
}

/** It may have ended since the folder was listed. */
function ended(error: unknown): undefined {
  if (systemCode(error) === 'ENOENT') return undefined;
  throw error;
}
