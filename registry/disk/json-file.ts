import { readFile } from 'node:fs/promises';
import type { Adapter } from 'lowdb';
import { systemCode } from '../error.ts';
import { replaceFile } from './files.ts';

/** lowdb's adapter for a small file of settings. Unlike lowdb's own, a write is durable when it resolves. */
export class DurableJSONFile<T> implements Adapter<T> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<T | null> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as T;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async write(data: T): Promise<void> {
    await replaceFile(this.#path, [`${JSON.stringify(data, null, 2)}\n`]);
  }
}
