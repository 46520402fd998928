import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RegistryError, systemCode } from '../error.ts';
import type { Algorithm } from '../reference.ts';
import { Upload } from './upload.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The upload sessions, one folder each: `uploads/<uuid>/`. */
export class UploadStore {
  readonly #folder: string;
  readonly #lifetime: number;
  /** Sessions that this run has touched. All others are found in the folder when they are asked for. */
  readonly #open = new Map<string, Upload>();

  /** @param lifetime milliseconds after its last byte at which a session may be removed */
  constructor(dataFolder: string, lifetime: number) {
    this.#folder = join(dataFolder, 'uploads');
    this.#lifetime = lifetime;
  }

  async start(repository: string, algorithm: Algorithm): Promise<Upload> {
    const upload = await Upload.start(this.#folder, randomUUID(), { repository, algorithm });
    this.#open.set(upload.id, upload);
    return upload;
  }

  /** @throws RegistryError BLOB_UPLOAD_UNKNOWN */
  async read(repository: string, id: string): Promise<Upload> {
    const upload = UUID.test(id) ? (this.#open.get(id) ?? (await this.#resume(id))) : undefined;
    if (upload?.repository !== repository) {
      throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'There is no such upload. Start a new one.', {
        detail: { repository, upload: id.slice(0, 100) },
      });
    }
    return upload;
  }

  /** To be called when a session was committed. */
  forget(upload: Upload): void {
    this.#open.delete(upload.id);
  }

  /** Ends a session and removes its bytes. */
  async cancel(upload: Upload): Promise<void> {
    await upload.cancel();
    this.forget(upload);
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
      if (!UUID.test(name)) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /**
   * Removes sessions to which no byte was added for the lifetime.
   *
   * @returns their ids
   */
  async removeExpired(now = Date.now()): Promise<string[]> {
    const expired: string[] = [];
    for (const id of await readdir(this.#folder)) {
      if (!UUID.test(id) || now - (await this.#lastByte(id)) < this.#lifetime) continue;
      const upload = this.#open.get(id);
      if (upload === undefined) await rm(join(this.#folder, id), { recursive: true, force: true });
      else await upload.cancel();
      this.#open.delete(id);
      expired.push(id);
    }
    return expired;
  }

  async #resume(id: string): Promise<Upload | undefined> {
    const resumed = await Upload.resume(this.#folder, id);
    // Another request may have resumed the same session meanwhile: there must be one object for each.
    const upload = this.#open.get(id) ?? resumed;
    if (upload !== undefined) this.#open.set(id, upload);
    return upload;
  }

  /** Milliseconds since 1970; when the session began if it has no byte yet. */
  async #lastByte(id: string): Promise<number> {
    for (const name of ['data', 'session.json', '']) {
      try {
        return (await stat(join(this.#folder, id, name))).mtimeMs;
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error;
      }
    }
    return Date.now();
  }
}
