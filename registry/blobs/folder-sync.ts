import type { FileHandle } from 'node:fs/promises';
import { openFolder } from '../disk/files.ts';

/**
 * Makes names in one folder durable. Callers that arrive while a sync is running share the next one:
 * the running one may have begun before their rename.
 */
export class FolderSync {
  readonly #path: string;
  #folder: FileHandle | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
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
    this.#folder ??= await openFolder(this.#path);
    await this.#folder?.sync();
  }

  async close(): Promise<void> {
    await this.#running?.catch(() => undefined);
    await this.#folder?.close();
    this.#folder = undefined;
  }
}
