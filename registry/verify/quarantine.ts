import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { listFolder } from '../disk/files.ts';
import { algorithmOf, hexOf, type Digest } from '../reference.ts';
import type { MissingContent } from './missing.ts';

/**
 * Puts back what is missing and lies in the quarantine with the right bytes: a disk or a memory that failed
 * once may have given wrong ones only while they were read.
 */
export async function restoreFromQuarantine(
  blobs: BlobStore,
  missing: readonly MissingContent[],
): Promise<Digest[]> {
  const folder = join(dirname(blobs.folder), 'quarantine');
  const names = await listFolder(folder);
  const restored: Digest[] = [];
  for (const { digest } of missing) {
    const start = `${algorithmOf(digest)}-${hexOf(digest)}-`;
    for (const name of names.filter((each) => each.startsWith(start))) {
      const path = join(folder, name);
      if ((await hashOf(path, digest)) !== hexOf(digest)) continue;
      await blobs.adopt(path, digest);
      await blobs.settle(digest);
      restored.push(digest);
      break;
    }
  }
  return restored;
}

async function hashOf(path: string, digest: Digest): Promise<string> {
  const hash = createHash(algorithmOf(digest));
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
