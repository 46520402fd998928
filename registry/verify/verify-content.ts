import { Worker } from 'node:worker_threads';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Digest } from '../reference.ts';
import { workerUrl } from '../worker-url.ts';
import type { Damage, VerifyMessage, VerifyTask } from './verify-worker.ts';

export interface ContentCheck {
  readonly blobs: number;
  readonly bytes: number;
  readonly damaged: ReadonlyMap<Digest, Damage>;
}

/**
 * Hashes every file in a thread of its own. What is damaged is quarantined at once: to serve it is never right,
 * and whoever pushes it next is asked for it.
 *
 * @param rate bytes a second at most
 * @param onProgress told of bytes, done and in all
 * @throws the reason of `signal`
 */
export async function verifyContent(
  blobs: BlobStore,
  rate: number | undefined,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<ContentCheck> {
  signal?.throwIfAborted();
  const damaged = new Map<Digest, Damage>();
  const quarantines: Promise<void>[] = [];
  let [count, bytes, total] = [0, 0, 0];
  const task: VerifyTask = { folder: blobs.folder, rate };
  const worker = new Worker(workerUrl('verify-worker'), { workerData: task });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener('abort', stop);
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message: VerifyMessage) => {
        if (message.kind === 'damaged') {
          quarantines.push(quarantine(blobs, message, damaged));
          return;
        }
        if (message.kind === 'total') total = message.bytes;
        else [count, bytes] = [message.blobs, message.bytes];
        onProgress(Math.min(bytes, total), total);
      });
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(quarantines);
  }
  signal?.throwIfAborted();
  return { blobs: count, bytes, damaged };
}

/** Unless it was replaced since by what a client pushed. */
async function quarantine(
  blobs: BlobStore,
  { digest, damage, inode }: Extract<VerifyMessage, { kind: 'damaged' }>,
  damaged: Map<Digest, Damage>,
): Promise<void> {
  if (inode !== 0 && (await blobs.findInode(digest)) !== inode) return;
  damaged.set(digest, damage);
  // Its bytes may well be right, and only its owner is wrong.
  if (damage !== 'not permitted') await blobs.quarantine(digest);
}
