import { createHash } from 'node:crypto';
import type { Descriptor, ManifestEntry, Operation } from '../catalog/operation.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
import { algorithmOf, isDigest, type Digest } from '../reference.ts';
import { parseManifest } from './manifest.ts';
import { isForeignLayer, isIndexType } from './media-types.ts';
import { readRepository, type Store } from './store.ts';

export interface ManifestPush {
  readonly repository: string;
  /** The digest that the client expects, if it named one. */
  readonly digest: Digest | undefined;
  /** Tags to point at it; none leaves it untagged. */
  readonly tags: readonly string[];
  readonly content: Buffer;
  readonly contentType: string | undefined;
}

/**
 * Stores a manifest and moves its tags, in one record. Durable when it resolves.
 *
 * @throws RegistryError MANIFEST_INVALID, DIGEST_INVALID, MANIFEST_BLOB_UNKNOWN
 */
export async function pushManifest(store: Store, push: ManifestPush, actor: Actor): Promise<ManifestEntry> {
  const { repository, content, tags } = push;
  const digest = digestOf(content, push.digest);
  const manifest = parseManifest(digest, content, push.contentType);
  requireTrueSizes(store, repository, manifest);
  await requireContent(store, repository, manifest);

  await store.blobs.put(digest, content);
  // Both, even if the manifest is here already: a deletion may be on its way to the disk.
  const put: Operation = { op: 'manifest.put', repository, manifest };
  const tagged = tags.map((tag): Operation => ({ op: 'tag.put', repository, tag, digest }));
  await store.ledger.commit(actor, put, ...tagged);
  store.reuse.completed(repository, manifest);
  return manifest;
}

/**
 * The manifest that a tag or digest names now, and its bytes as they were pushed.
 *
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN
 */
export async function readManifest(
  store: Store,
  name: string,
  reference: string,
): Promise<{ manifest: Manifest; content: Buffer }> {
  const repository = readRepository(store, name);
  const manifest = findManifest(repository, reference);
  const content = manifest === undefined ? undefined : await store.blobs.findContent(manifest.digest);
  if (manifest === undefined || content === undefined) throw unknown(name, reference);
  return { manifest, content };
}

/** Deletes a tag alone, or a manifest with all tags that point at it. */
export async function deleteManifest(
  store: Store,
  name: string,
  reference: string,
  actor: Actor,
): Promise<void> {
  const repository = readRepository(store, name);
  if (findManifest(repository, reference) === undefined) throw unknown(name, reference);
  const operation: Operation = isDigest(reference)
    ? { op: 'manifest.delete', repository: name, digest: reference }
    : { op: 'tag.delete', repository: name, tag: reference };
  await store.ledger.commit(actor, operation);
}

export function findManifest(repository: Repository, reference: string): Manifest | undefined {
  const digest = isDigest(reference) ? reference : repository.tags.get(reference)?.digest;
  return digest === undefined ? undefined : repository.manifests.get(digest);
}

function digestOf(content: Buffer, expected: Digest | undefined): Digest {
  const algorithm = expected === undefined ? 'sha256' : algorithmOf(expected);
  const digest: Digest = `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
  if (expected === undefined || expected === digest) return digest;
  throw new RegistryError('DIGEST_INVALID', 'The manifest does not have this digest.', {
    detail: { digest: expected, received: { digest, size: content.length } },
  });
}

/**
 * A size that is not the blob's would make every pull fail.
 *
 * @throws RegistryError SIZE_INVALID
 */
function requireTrueSizes(store: Store, name: string, { config, layers = [] }: ManifestEntry): void {
  const repository = store.ledger.catalog.findRepository(name);
  for (const { digest, size } of config === undefined ? layers : [config, ...layers]) {
    const actual = repository?.blobs.get(digest) ?? size;
    if (actual === size) continue;
    throw new RegistryError('SIZE_INVALID', 'The manifest names a size that is not the size of the blob.', {
      detail: { digest, size, actual },
    });
  }
}

/** @throws RegistryError MANIFEST_BLOB_UNKNOWN naming all that is absent */
async function requireContent(store: Store, name: string, manifest: ManifestEntry): Promise<void> {
  if (store.sparse === 'all') return;
  if (store.sparse === 'indexes' && isIndexType(manifest.mediaType)) return;
  const repository = store.ledger.catalog.findRepository(name);
  const { config, layers = [], manifests = [] } = manifest;
  const blobs = [...(config === undefined ? [] : [config]), ...layers].filter(
    ({ mediaType }) => !isForeignLayer(mediaType),
  );
  const isHere = await Promise.all(
    blobs.map(
      async ({ digest }) =>
        repository?.blobs.has(digest) === true && (await store.blobs.findSize(digest)) !== undefined,
    ),
  );
  const missing: Descriptor[] = [
    ...blobs.filter((_, index) => !isHere[index]),
    ...manifests.filter(({ digest }) => repository?.manifests.has(digest) !== true),
  ];
  if (missing.length === 0) return;
  throw new RegistryError(
    'MANIFEST_BLOB_UNKNOWN',
    'The manifest names content that this repository does not have. Push that first.',
    { detail: missing.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })) },
  );
}

function unknown(repository: string, reference: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', 'This repository has no such manifest.', {
    detail: { repository, reference: reference.slice(0, 200) },
  });
}
