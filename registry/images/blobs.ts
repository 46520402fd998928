import type { BlobReader } from '../blobs/blob-reader.ts';
import type { Caller } from '../blobs/leases.ts';
import type { ByteSource } from '../blobs/receive.ts';
import type { Upload } from '../blobs/upload.ts';
import { isAbout } from '../catalog/dependence.ts';
import { isFault } from '../disk/faults.ts';
import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
import type { Digest } from '../reference.ts';
import type { Store } from './store.ts';

/** Manifests in an error's detail. */
const MOST_NAMED = 10;

/** Blobs as a repository sees them: only those that were pushed to it or mounted into it. */

/**
 * From now on the client may count on the blob for its next manifest.
 *
 * @returns the blob's size in bytes
 * @throws RegistryError BLOB_UNKNOWN
 */
export async function statBlob(
  store: Store,
  repository: string,
  digest: Digest,
  caller: Caller,
): Promise<number> {
  return await store.leases.during([digest], async () => {
    if (isLinked(store, repository, digest)) {
      // In this order: what was promised is not taken away any more, and what is being taken away is gone then.
      store.leases.tell(repository, digest, caller);
      await store.ledger.settle(repository, digest);
    }
    const size = await findWholeSize(store, repository, digest).catch((error: unknown) => {
      // An answer to HEAD has no room for a reason, and docker's user would read none. While the disk does not
      // answer, it is what the catalog knows: the request that follows says why.
      if (!isFault(error)) throw error;
      return store.ledger.catalog.findRepository(repository)?.blobs.get(digest);
    });
    if (size === undefined) throw unknown(repository, digest);
    store.reuse.asked(repository, digest);
    return size;
  });
}

/** @throws RegistryError BLOB_UNKNOWN */
export async function openBlob(store: Store, repository: string, digest: Digest): Promise<BlobReader> {
  const linked = store.ledger.catalog.findRepository(repository)?.blobs.get(digest);
  const reader = linked === undefined ? undefined : await store.blobs.openReader(digest);
  if (reader === undefined) throw unknown(repository, digest);
  if (reader.size === linked || !(await store.blobs.quarantineIfDamaged(digest))) return reader;
  await reader.close();
  throw unknown(repository, digest);
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
  caller: Caller,
): Promise<void> {
  const { repository } = upload;
  await store.leases.during([digest], async () => {
    const size = await upload.finish(rest.body, digest, store.blobs, rest.at);
    await link(store, repository, digest, size, caller);
  });
  store.uploads.close(upload);
  store.reuse.sent(repository, digest);
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
  caller: Caller,
): Promise<boolean> {
  return await store.leases.during([digest], async () => {
    const { catalog } = store.ledger;
    const source = from === undefined ? catalog.findRepositoryOf(digest) : catalog.findRepository(from);
    if (source === undefined || !source.blobs.has(digest)) return false;
    const size = await findWholeSize(store, source.name, digest);
    if (size === undefined) return false;
    await link(store, repository, digest, size, caller);
    if (source.name !== repository) store.leases.mounted(source.name, digest, caller);
    store.reuse.mounted(repository, digest);
    return true;
  });
}

/** @throws RegistryError BLOB_UNKNOWN, BLOB_IN_USE if a manifest of the repository names it */
export async function deleteBlob(
  store: Store,
  repository: string,
  digest: Digest,
  actor: Actor,
): Promise<void> {
  await store.ledger.decide(actor, {
    dependsOn: (operation) => isAbout(operation, repository),
    decide: () => {
      if (!isLinked(store, repository, digest)) throw unknown(repository, digest);
      refuseInUse(store, repository, digest);
      store.leases.revoke(repository, digest);
      return [{ op: 'blob.unlink', repository, digest }];
    },
  });
}

async function link(
  store: Store,
  repository: string,
  digest: Digest,
  size: number,
  caller: Caller,
): Promise<void> {
  store.leases.tell(repository, digest, caller);
  await store.ledger.settle(repository, digest);
  if (store.ledger.catalog.findRepository(repository)?.blobs.get(digest) === size) return;
  await store.ledger.commit(caller.actor, { op: 'blob.link', repository, digest, size });
}

/**
 * Bytes of a blob that the repository has, undefined if it has not. A file of another length was damaged: it
 * goes out of the way, so that the client sends the blob again.
 */
export async function findWholeSize(
  store: Store,
  repository: string,
  digest: Digest,
): Promise<number | undefined> {
  const linked = store.ledger.catalog.findRepository(repository)?.blobs.get(digest);
  const size = linked === undefined ? undefined : await store.blobs.findSize(digest);
  if (size === undefined || size === linked) return size;
  return (await store.blobs.quarantineIfDamaged(digest)) ? undefined : size;
}

/** Whoever pulled such a manifest would get a 404 for a part of it, and nobody would have deleted the image. */
function refuseInUse(store: Store, name: string, digest: Digest): void {
  const { catalog } = store.ledger;
  const repository = catalog.findRepository(name);
  if (repository?.isUsed(digest) !== true) return;
  const manifests = [...catalog.content.users(digest)].filter(
    (each) => repository.manifests.get(each.digest) === each,
  );
  const [first] = manifests;
  const [tag] = first === undefined ? [] : repository.tagsOf(first.digest);
  const rest = manifests.length === 1 ? '' : ` and of ${manifests.length - 1} more`;
  throw new RegistryError(
    'BLOB_IN_USE',
    `The blob is a part of ${name}${tag === undefined ? `@${first?.digest}` : `:${tag}`}${rest}. Delete that first.`,
    {
      detail: {
        repository: name,
        digest,
        manifests: manifests.slice(0, MOST_NAMED).map((each) => each.digest),
      },
    },
  );
}

function isLinked(store: Store, repository: string, digest: Digest): boolean {
  return store.ledger.catalog.findRepository(repository)?.blobs.has(digest) ?? false;
}

function unknown(repository: string, digest: Digest): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', 'This repository has no such blob.', {
    detail: { repository, digest },
  });
}
