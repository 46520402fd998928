import { contentOf } from '../catalog/content-index.ts';
import { affectsTags, isAbout } from '../catalog/dependence.ts';
import type { ManifestEntry, Operation } from '../catalog/operation.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import type { Actor } from '../journal/record.ts';
import { isDigest, type Digest } from '../reference.ts';
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
  const { catalog } = store.ledger;
  const find = (): { source: Repository; manifest: Manifest } => {
    const source = readRepository(store, from.repository);
    const manifest = findManifest(source, from.reference);
    if (manifest === undefined) throw unknownManifest(source.name, from.reference);
    return { source, manifest };
  };
  let tagging: Omit<Tagging, 'change'> = { digest: find().manifest.digest, replaced: undefined };
  const decide = (): Operation[] => {
    const { source, manifest } = find();
    const { digest } = manifest;
    const target = catalog.findRepository(to.repository);
    const replaced = target?.tags.get(to.tag)?.digest;
    tagging = { digest, replaced };
    if (replaced === digest) return [];
    refuseOverwriting(store, to.repository, [to.tag], digest);
    // The last first: an index comes after what it lists.
    const tree = source === target ? [] : [...source.manifestsBelow(digest)].toReversed();
    return [
      ...tree.map((each) => putManifest(each, to.repository, target)),
      { ...putTag(to.repository, to.tag, digest), from: nameOf(from) },
    ];
  };
  const moving = new Set([to.tag]);
  const dependsOn = (operation: Operation): boolean =>
    isAbout(operation, from.repository) || affectsTags(operation, to.repository, moving);
  // What another record drops from its repository stays on the disk until this one counts.
  return await store.leases.during(contentBelow(find()), async () => {
    const record = await store.ledger.decide(actor, { dependsOn, decide });
    return { change: record?.seq ?? null, ...tagging };
  });
}

function nameOf({ repository, reference }: { repository: string; reference: string }): string {
  return `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}

function contentBelow({ source, manifest }: { source: Repository; manifest: Manifest }): Digest[] {
  const digests = [manifest.digest];
  for (const each of source.manifestsBelow(manifest.digest)) digests.push(...contentOf(each).keys());
  return digests;
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
