import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary folder of one test file's own: the homes, stores and sockets of its clients are all below it. */
export interface Workspace {
  readonly path: string;
  /** The path of a folder below the workspace, made if need be. */
  folder(name: string): string;
  /** Writes a file below the workspace and returns its path. */
  file(name: string, content: string | Uint8Array): string;
  remove(): void;
}

export function createWorkspace(name: string): Workspace {
  // Short, because a Unix socket's path has no more than 107 characters, and in lower case, because podman
  // makes the name of an image of a layout's path.
  const path = join(tmpdir(), `berth-${name}-${randomBytes(4).toString('hex')}`);
  mkdirSync(path, { mode: 0o700 });
  return {
    path,
    folder(folder) {
      const made = join(path, folder);
      mkdirSync(made, { recursive: true });
      return made;
    },
    file(file, content) {
      const written = join(path, file);
      mkdirSync(dirname(written), { recursive: true });
      writeFileSync(written, content);
      return written;
    },
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}
