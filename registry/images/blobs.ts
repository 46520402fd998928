import type { BlobReader } from '../blobs/blob-reader.ts';
import type { ByteSource } from '../blobs/receive.ts';
import type { Upload } from '../blobs/upload.ts';
import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
import type { Digest } from '../reference.ts';
import type { Store } from './store.ts';

/** Blobs as a repository sees them: only those that were pushed to it or mounted into it. */

/**
 * @returns the blob's size in bytes
 * @throws RegistryError BLOB_UNKNOWN
 */
export async function statBlob(store: Store, repository: string, digest: Digest): Promise<number> {
  const size = isLinked(store, repository, digest) ? await store.blobs.findSize(digest) : undefined;
  if (size === undefined) throw unknown(repository, digest);
  store.reuse.asked(repository, digest);
  return size;
}

/** @throws RegistryError BLOB_UNKNOWN */
export async function openBlob(store: Store, repository: string, digest: Digest): Promise<BlobReader> {
  const reader = isLinked(store, repository, digest) ? await store.blobs.openReader(digest) : undefined;
  if (reader === undefined) throw unknown(repository, digest);
  return reader;
}

/**
 * Takes the last bytes of an upload, verifies it, stores it and makes it visible in its repository. Durable when it resolves.
 *
 * @throws RegistryError DIGEST_INVALID; the session is then as it was
 */
export async function finishUpload(
  store: Store,
  upload: Upload,
  rest: { readonly body: ByteSource; readonly at?: number | undefined },
  digest: Digest,
  actor: Actor,
): Promise<void> {
  const size = await upload.finish(rest.body, digest, store.blobs, rest.at);
  await link(store, upload.repository, digest, size, actor);
  store.uploads.close(upload);
  store.reuse.sent(upload.repository, digest);
}

/**
 * Makes a blob that Berth has already visible in another repository, without copying it.
 *
 * @param from the repository that has it; any that does if absent
 * @returns whether it was there to be mounted
 */
export async function mountBlob(
  store: Store,
  repository: string,
  digest: Digest,
  from: string | undefined,
  actor: Actor,
): Promise<boolean> {
  const { catalog } = store.ledger;
  const source = from === undefined ? catalog.findRepositoryOf(digest) : catalog.findRepository(from);
  if (source === undefined || !source.blobs.has(digest)) return false;
  const size = await store.blobs.findSize(digest);
  if (size === undefined) return false;
  await link(store, repository, digest, size, actor);
  store.reuse.mounted(repository, digest);
  return true;
}

/** @throws RegistryError BLOB_UNKNOWN */
export async function deleteBlob(
  store: Store,
  repository: string,
  digest: Digest,
  actor: Actor,
): Promise<void> {
  if (!isLinked(store, repository, digest)) throw unknown(repository, digest);
  await store.ledger.commit(actor, { op: 'blob.unlink', repository, digest });
}

async function link(
  store: Store,
  repository: string,
  digest: Digest,
  size: number,
  actor: Actor,
): Promise<void> {
  if (store.ledger.catalog.findRepository(repository)?.blobs.get(digest) === size) return;
  await store.ledger.commit(actor, { op: 'blob.link', repository, digest, size });
}

function isLinked(store: Store, repository: string, digest: Digest): boolean {
  return store.ledger.catalog.findRepository(repository)?.blobs.has(digest) ?? false;
}

function unknown(repository: string, digest: Digest): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', 'This repository has no such blob.', {
    detail: { repository, digest },
  });
}
