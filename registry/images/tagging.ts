import { contentOf } from '../catalog/content-index.ts';
import type { ManifestEntry, Operation } from '../catalog/operation.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
import type { Digest } from '../reference.ts';
import { findManifest, putTag, refuseOverwriting, unknownManifest } from './manifests.ts';
import { readRepository, type Store } from './store.ts';

export interface TagPoint {
  readonly repository: string;
  readonly tag: string;
}

export interface Tagging {
  /** The record in the journal; null if the tag pointed there already. */
  readonly change: number | null;
  readonly digest: Digest;
  /** Where the tag pointed before. */
  readonly replaced: Digest | undefined;
}

/**
 * Points a tag at a manifest that is here, in the same or another repository, in one record. No byte is copied:
 * the other repository gets links to what the manifest leads to, platforms included. What is attached to it (its
 * referrers, and tags such as cosign's) belongs to the repository that it was pushed to, and does not follow.
 *
 * @param from a tag or the digest of a manifest
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN, TAG_PROTECTED
 */
export async function tagManifest(
  store: Store,
  from: { readonly repository: string; readonly reference: string },
  to: TagPoint,
  actor: Actor,
): Promise<Tagging> {
  const source = readRepository(store, from.repository);
  const manifest = findManifest(source, from.reference);
  if (manifest === undefined) throw unknownManifest(source.name, from.reference);
  const { digest } = manifest;
  const target = store.ledger.catalog.findRepository(to.repository);
  const replaced = target?.tags.get(to.tag)?.digest;
  if (replaced === digest) return { change: null, digest, replaced };
  refuseOverwriting(store, to.repository, [to.tag], digest);

  // The last first: an index comes after what it lists.
  const tree = source === target ? [] : [...source.manifestsBelow(digest)].toReversed();
  const content = tree.flatMap((each) => [...contentOf(each).keys()]);
  // Until the record counts nobody else may need it, should it be deleted where it came from.
  return await store.leases.during([digest, ...content], async () => {
    const { seq } = await store.ledger.commitAll(actor, [
      ...tree.map((each) => putManifest(each, to.repository, target)),
      putTag(to.repository, to.tag, digest),
    ]);
    if (!isThere(store, to, digest)) throw deletedMeanwhile(from);
    return { change: seq, digest, replaced };
  });
}

/** What the target has by itself is not absent there. */
function putManifest(manifest: Manifest, name: string, target: Repository | undefined): Operation {
  const absent = manifest.absent?.filter((digest) => target?.blobs.has(digest) !== true) ?? [];
  const entry: ManifestEntry = {
    digest: manifest.digest,
    size: manifest.size,
    mediaType: manifest.mediaType,
    ...(manifest.config === undefined ? {} : { config: manifest.config }),
    ...(manifest.layers === undefined ? {} : { layers: manifest.layers }),
    ...(manifest.manifests === undefined ? {} : { manifests: manifest.manifests }),
    ...(manifest.subject === undefined ? {} : { subject: manifest.subject }),
    ...(manifest.artifactType === undefined ? {} : { artifactType: manifest.artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
    ...(manifest.unreadable === undefined ? {} : { unreadable: manifest.unreadable }),
    ...(absent.length === 0 ? {} : { absent }),
  };
  return { op: 'manifest.put', repository: name, manifest: entry };
}

function isThere(store: Store, { repository }: TagPoint, digest: Digest): boolean {
  return store.ledger.catalog.findRepository(repository)?.manifests.has(digest) ?? false;
}

/** Only within a repository: the record put the tag of a manifest that a record before it had deleted. */
function deletedMeanwhile({
  repository,
  reference,
}: {
  repository: string;
  reference: string;
}): RegistryError {
  return new RegistryError('CONFLICT', `${repository}:${reference} was deleted at the same moment.`);
}
