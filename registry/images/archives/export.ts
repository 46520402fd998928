import type { Writable } from 'node:stream';
import { RegistryError } from '../../error.ts';
import type { Digest } from '../../reference.ts';
import type { Store } from '../store.ts';
import { TAR_END, tarHeader, tarPadding } from '../tar/tar-writer.ts';
import { pathOf, type ExportPlan } from './export-plan.ts';

/**
 * Keeps all that a plan names where it is, for as long as `work` takes.
 *
 * @throws RegistryError MANIFEST_BLOB_UNKNOWN if something of it is not here
 */
export async function duringExport<T>(
  store: Store,
  { blobs }: ExportPlan,
  work: () => Promise<T>,
): Promise<T> {
  return await store.leases.during([...blobs.keys()], async () => {
    for (const [digest, size] of blobs) {
      if ((await store.blobs.findSize(digest)) !== size) throw missing(digest);
    }
    return await work();
  });
}

/**
 * Writes the archive of a plan.
 *
 * @param out its write callbacks must mean that the bytes have left
 * @param gone aborted when nobody reads any more
 */
export async function writeExport(
  store: Store,
  { files, blobs }: ExportPlan,
  out: Writable,
  gone: AbortSignal,
): Promise<void> {
  for (const [name, content] of files) {
    await write(out, [tarHeader(name, content.length), content, tarPadding(content.length)], gone);
  }
  for (const [digest, size] of blobs) {
    const reader = await store.blobs.openReader(digest);
    if (reader === undefined) throw missing(digest);
    try {
      await write(out, [tarHeader(pathOf(digest), size)], gone);
      await reader.send(out, 0, size - 1, gone);
      await write(out, [tarPadding(size)], gone);
    } finally {
      await reader.close();
    }
  }
  await write(out, [TAR_END], gone);
}

function write(out: Writable, parts: readonly Buffer[], gone: AbortSignal): Promise<void> {
  gone.throwIfAborted();
  const bytes = Buffer.concat(parts);
  if (bytes.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const onGone = (): void => reject(gone.reason as Error);
    gone.addEventListener('abort', onGone, { once: true });
    out.write(bytes, (error) => {
      gone.removeEventListener('abort', onGone);
      if (error) reject(error);
      else resolve();
    });
  });
}

function missing(digest: Digest): RegistryError {
  return new RegistryError(
    'MANIFEST_BLOB_UNKNOWN',
    `A part of the image is missing on the disk: ${digest}. "berth verify" says what else is.`,
    { detail: { digest } },
  );
}
