import type { Stats } from 'node:fs';
import { stat, type FileHandle } from 'node:fs/promises';
import { goneFault } from '../disk/faults.ts';
import { findStat, openFolder } from '../disk/files.ts';

/**
 * Makes names in one folder durable, and knows whether the folder is still the same. Callers that arrive while a sync is running share the next one:
 * the running one may have begun before their rename.
 */
export class FolderSync {
  readonly #path: string;
  readonly #folder: FileHandle | undefined;
  readonly #identity: Stats;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(path: string, folder: FileHandle | undefined, identity: Stats) {
    this.#path = path;
    this.#folder = folder;
    this.#identity = identity;
  }

  static async open(path: string): Promise<FolderSync> {
    return new FolderSync(path, await openFolder(path), await stat(path));
  }

  /**
   * For the answer that something is not in the folder: a disk that was taken away says nothing of what it
   * holds, and to sync a folder that is elsewhere by now would make nothing durable here.
   *
   * @throws RegistryError STORAGE_GONE
   */
  async requireInPlace(): Promise<void> {
    const found = await findStat(this.#path);
    if (found?.ino !== this.#identity.ino || found.dev !== this.#identity.dev) throw goneFault(this.#path);
  }

  /** Resolves when every name that was there at the call is durable. */
  sync(): Promise<void> {
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  async #afterRunning(): Promise<void> {
    await this.#running?.catch(() => undefined);
    this.#running = this.#sync();
    this.#next = undefined;
    await this.#running;
  }

  async #sync(): Promise<void> {
    await this.requireInPlace();
    await this.#folder?.sync();
  }

  async close(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await this.#folder?.close();
  }
}
