import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { writeAll } from '../journal/files.ts';

/** More than this waiting for the disk, and the sender waits too. */
const WAITING_BYTES = 4 << 20;

/** The disk begins with what has come while the rest is still on its way, so that the end waits little. */
const SYNC_BYTES = 64 << 20;

/**
 * Writes a stream to a file and hashes it on the way. What arrives while a write is running goes out
 * with the next one.
 *
 * @param onWritten told of bytes that are in the file, even if the stream fails later
 * @throws the stream's error or the file's; the bytes reported before that are in the file
 */
export async function receive(
  source: AsyncIterable<Buffer>,
  file: FileHandle,
  position: number,
  hash: Hash,
  onWritten: (bytes: number) => void,
): Promise<void> {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let end = position;
  let unsynced = 0;
  let writing: Promise<void> | undefined;
  let syncing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      const bytes = waitingBytes;
      waiting = [];
      waitingBytes = 0;
      await writeAll(file, batch, end);
      end += bytes;
      unsynced += bytes;
      onWritten(bytes);
      if (unsynced >= SYNC_BYTES) {
        unsynced = 0;
        await syncing;
        syncing = file.datasync();
        // Awaited below; until then a failure must not count as unhandled.
        syncing.catch(() => undefined);
      }
    }
    writing = undefined;
  };

  try {
    for await (const chunk of source) {
      hash.update(chunk);
      waiting.push(chunk);
      waitingBytes += chunk.length;
      writing ??= write();
      writing.catch(() => undefined);
      if (waitingBytes >= WAITING_BYTES) await writing;
    }
  } finally {
    await writing;
    await syncing;
  }
}
