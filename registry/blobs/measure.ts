import type { Digest } from '../reference.ts';
import type { BlobStore } from './blob-store.ts';
import { diskBytes, type Budget } from './budget.ts';
import type { UploadStore } from './upload-store.ts';

/**
 * Counts what earlier runs left on the disk. Only before the first request.
 *
 * @param sizeOf bytes of a piece of content as far as they are known, or 0
 */
export async function measure(
  budget: Budget,
  blobs: BlobStore,
  uploads: UploadStore,
  sizeOf: (digest: Digest) => number,
): Promise<void> {
  for await (const size of uploads.sizes()) budget.count(diskBytes(size));
  for await (const digest of blobs.list()) {
    budget.count(diskBytes(sizeOf(digest) || ((await blobs.findSize(digest)) ?? 0)));
  }
}
