import { createHash } from 'node:crypto';
import { open, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { systemCode } from '../error.ts';
import { algorithmOf, hexOf, isDigest, type Digest } from '../reference.ts';

/** Why content is not what its name says. */
export type Damage = 'empty' | 'wrong digest' | 'unreadable' | 'not permitted';

/** What a file system says of a file that it has lost: errors of the disk, of its own structure, of its checksums. */
const LOST = new Set(['EIO', 'EUCLEAN', 'EBADMSG', 'EISDIR']);

export type VerifyMessage =
  | { readonly kind: 'total'; readonly bytes: number }
  | { readonly kind: 'progress'; readonly blobs: number; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly digest: Digest; readonly damage: Damage; readonly inode: number };

export interface VerifyTask {
  /** `blobs/` */
  readonly folder: string;
  /** Bytes a second at most. */
  readonly rate: number | undefined;
}

const BLOCK_BYTES = 1 << 20;
const PROGRESS_MS = 200;

const { folder, rate = Infinity } = workerData as VerifyTask;
const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
const started = performance.now();
let [blobs, bytes, reportedAt] = [0, 0, started];

const found = await list();
post({ kind: 'total', bytes: found.reduce((sum, each) => sum + each.size, 0) });
for (const { digest } of found) {
  // Once more, because the first reading may have failed, or the file was replaced while it was read.
  const first = await examine(digest);
  const damaged = first === undefined ? undefined : await examine(digest);
  if (damaged !== undefined) post({ kind: 'damaged', digest, ...damaged });
  blobs += 1;
}
post({ kind: 'progress', blobs, bytes });

async function list(): Promise<{ digest: Digest; size: number }[]> {
  const files: { digest: Digest; size: number }[] = [];
  for (const algorithm of ['sha256', 'sha512']) {
    for await (const { name } of await opendir(join(folder, algorithm))) {
      const digest = `${algorithm}:${name}`;
      if (!isDigest(digest)) continue;
      files.push({ digest, size: await sizeOf(digest) });
    }
  }
  return files;
}

/** Removed since: as good as empty. */
async function sizeOf(digest: Digest): Promise<number> {
  try {
    return (await stat(pathOf(digest))).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** What is wrong with a file, if anything is. */
async function examine(digest: Digest): Promise<{ damage: Damage; inode: number } | undefined> {
  let inode = 0;
  try {
    const file = await open(pathOf(digest), 'r');
    try {
      const { size, ino } = await file.stat();
      inode = ino;
      const hash = createHash(algorithmOf(digest));
      for (let read = await file.read(block); read.bytesRead > 0; read = await file.read(block)) {
        hash.update(block.subarray(0, read.bytesRead));
        await account(read.bytesRead);
      }
      if (hash.digest('hex') === hexOf(digest)) return undefined;
      return { damage: size === 0 ? 'empty' : 'wrong digest', inode };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'ENOENT') return undefined;
    if (code === 'EACCES' || code === 'EPERM') return { damage: 'not permitted', inode };
    // Too many open files, say, is no fault of this one.
    if (!LOST.has(code)) throw error;
    return { damage: 'unreadable', inode };
  }
}

/** Reports progress from time to time, and waits if this was too fast. */
async function account(count: number): Promise<void> {
  bytes += count;
  const now = performance.now();
  if (now - reportedAt > PROGRESS_MS) {
    reportedAt = now;
    post({ kind: 'progress', blobs, bytes });
  }
  const early = (bytes / rate) * 1000 - (now - started);
  if (early > 1) await sleep(early);
}

function pathOf(digest: Digest): string {
  return join(folder, algorithmOf(digest), hexOf(digest));
}

function post(message: VerifyMessage): void {
  parentPort?.postMessage(message);
}
