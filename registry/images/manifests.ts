import { createHash } from 'node:crypto';
import type { Caller } from '../blobs/leases.ts';
import { affectsTags } from '../catalog/dependence.ts';
import type { Descriptor, ManifestEntry, Operation } from '../catalog/operation.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { RegistryError } from '../error.ts';
import { algorithmOf, isDigest, type Digest } from '../reference.ts';
import { lifetimeOf } from './lifetime.ts';
import { findWholeSize } from './blobs.ts';
import { parseManifest } from './manifest.ts';
import { isForeignLayer, isIndexType } from './media-types.ts';
import { refuseProtected } from './protection.ts';
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
 * @throws RegistryError MANIFEST_INVALID, DIGEST_INVALID, MANIFEST_BLOB_UNKNOWN, TAG_PROTECTED
 */
export async function pushManifest(store: Store, push: ManifestPush, caller: Caller): Promise<ManifestEntry> {
  const { repository, content, tags } = push;
  const digest = digestOf(content, push.digest);
  const manifest = parseManifest(digest, content, push.contentType);
  refuseOverwriting(store, repository, tags, digest);
  requireTrueSizes(store, repository, manifest);

  const named = [digest, ...blobsNamed(manifest), ...(manifest.manifests ?? [])].map((each) =>
    typeof each === 'string' ? each : each.digest,
  );
  return await store.leases.during(named, async () => {
    const absent = await findAbsent(store, repository, manifest);
    requireContent(store, repository, manifest, absent);
    await store.blobs.put(digest, content, (work) => store.leases.waiting(repository, caller, work));
    const entry = absent.length === 0 ? manifest : { ...manifest, absent: absent.map((each) => each.digest) };
    const put: Operation = { op: 'manifest.put', repository, manifest: entry };
    const tagged = tags.map((tag) => putTag(repository, tag, digest));
    const moving = new Set(tags);
    await store.ledger.decide(caller.actor, {
      dependsOn: (operation) => affectsTags(operation, repository, moving),
      decide: () => {
        // Again: somebody may have protected a tag, or deleted a platform, since the push began.
        refuseOverwriting(store, repository, tags, digest);
        requireContent(store, repository, manifest, absent);
        return [put, ...tagged];
      },
    });
    store.leases.fulfil(repository, named, caller);
    // A platform's manifest, most likely, whose index comes next.
    if (tags.length === 0 && manifest.subject === undefined) store.leases.tell(repository, digest, caller);
    store.reuse.completed(repository, manifest);
    return entry;
  });
}

/**
 * The manifest that a tag or digest names now, and its bytes as they were pushed.
 *
 * @param asked for what: a client that asks whether a digest exists may list it in the index that it pushes
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN
 */
export async function readManifest(
  store: Store,
  name: string,
  reference: string,
  caller: Caller,
  asked: 'content' | 'existence',
): Promise<{ manifest: Manifest; content: Buffer }> {
  let manifest = findManifest(readRepository(store, name), reference);
  // No step may lie between the last look and the promise.
  while (manifest !== undefined && store.ledger.isLeaving(name, manifest.digest)) {
    await store.ledger.settle(name, manifest.digest);
    manifest = findManifest(readRepository(store, name), reference);
  }
  if (manifest !== undefined) {
    const forPush = asked === 'existence' && isDigest(reference);
    store.leases.tell(name, manifest.digest, caller, !forPush);
  }
  const content = manifest === undefined ? undefined : await store.blobs.findContent(manifest.digest);
  if (manifest === undefined) throw unknownManifest(name, reference);
  if (content === undefined) throw lostManifest(name, reference);
  return { manifest, content };
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
function requireTrueSizes(store: Store, name: string, manifest: ManifestEntry): void {
  const repository = store.ledger.catalog.findRepository(name);
  for (const { digest, size } of blobsNamed(manifest)) {
    const actual = repository?.blobs.get(digest) ?? size;
    if (actual === size) continue;
    throw new RegistryError('SIZE_INVALID', 'The manifest names a size that is not the size of the blob.', {
      detail: { digest, size, actual },
    });
  }
}

/** Blobs that the manifest names and that the repository does not have. */
async function findAbsent(store: Store, name: string, manifest: ManifestEntry): Promise<Descriptor[]> {
  const repository = store.ledger.catalog.findRepository(name);
  const blobs = blobsNamed(manifest);
  const isHere = await Promise.all(
    blobs.map(async ({ digest }) => {
      // One that a client was told of counts, even if it was deleted here since.
      if (repository?.blobs.has(digest) === true)
        return (await findWholeSize(store, name, digest)) !== undefined;
      return store.leases.isTold(name, digest) && (await store.blobs.findSize(digest)) !== undefined;
    }),
  );
  return blobs.filter((_, index) => !isHere[index]);
}

/** @throws RegistryError MANIFEST_BLOB_UNKNOWN naming all that is missing */
function requireContent(store: Store, name: string, manifest: ManifestEntry, absent: Descriptor[]): void {
  if (store.sparse === 'all') return;
  if (store.sparse === 'indexes' && isIndexType(manifest.mediaType)) return;
  const repository = store.ledger.catalog.findRepository(name);
  const missing: Descriptor[] = [
    ...absent.filter(({ mediaType }) => !isForeignLayer(mediaType)),
    ...(manifest.manifests ?? []).filter(({ digest }) => repository?.manifests.has(digest) !== true),
  ];
  if (missing.length === 0) return;
  throw new RegistryError(
    'MANIFEST_BLOB_UNKNOWN',
    'The manifest names content that this repository does not have. Push that first.',
    { detail: missing.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })) },
  );
}

function blobsNamed({ config, layers = [] }: ManifestEntry): readonly Descriptor[] {
  return config === undefined ? layers : [config, ...layers];
}

/** @throws RegistryError TAG_PROTECTED for a tag that points elsewhere */
export function refuseOverwriting(store: Store, name: string, tags: readonly string[], digest: Digest): void {
  const repository = store.ledger.catalog.findRepository(name);
  if (repository === undefined) return;
  const moved = tags.filter((tag) => repository.tags.get(tag)?.digest !== digest);
  refuseProtected(store, repository, moved);
}

type TagPut = Extract<Operation, { op: 'tag.put' }>;

/** A tag may say for how long it wants to live; each push begins that anew. */
export function putTag(repository: string, tag: string, digest: Digest): TagPut {
  const lifetime = lifetimeOf(tag);
  const put: TagPut = { op: 'tag.put', repository, tag, digest };
  return lifetime === undefined ? put : { ...put, expiresAt: Date.now() + lifetime };
}

export function unknownManifest(repository: string, reference: string): RegistryError {
  const message = isDigest(reference)
    ? `${repository} has no manifest ${reference}.`
    : `${repository} has no tag ${reference}. See "berth tags ${repository}".`;
  return new RegistryError('MANIFEST_UNKNOWN', message, { detail: { repository, reference } });
}

/** For clients it is unknown, so that the next push sends it. */
function lostManifest(repository: string, reference: string): RegistryError {
  const name = `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
  return new RegistryError(
    'MANIFEST_UNKNOWN',
    `The manifest of ${name} is missing or damaged on the disk. Push it again. "berth verify" says what else is.`,
    { detail: { repository, reference } },
  );
}
