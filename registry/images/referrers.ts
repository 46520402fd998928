import type { Manifest, Repository } from '../catalog/repository.ts';
import { algorithmOf, hexOf, type Digest } from '../reference.ts';
import { parseReferrers, type ReferrerDescriptor } from './manifest.ts';
import { findManifest } from './manifests.ts';
import { isIndexType } from './media-types.ts';
import type { Store } from './store.ts';

/**
 * What was attached to a manifest, whether or not that manifest is here.
 *
 * @param artifactType only referrers of this type, if given
 */
export async function listReferrers(
  store: Store,
  name: string,
  subject: Digest,
  artifactType?: string,
): Promise<ReferrerDescriptor[]> {
  const repository = store.ledger.catalog.findRepository(name);
  if (repository === undefined) return [];
  const listed = [...repository.referrers(subject)].map(describe);
  const known = new Set<string>(listed.map(({ digest }) => digest));
  const fallback = await readFallback(store, repository, subject);
  const all = [...listed, ...fallback.filter(({ digest }) => !known.has(digest))];
  return artifactType === undefined ? all : all.filter((each) => each.artifactType === artifactType);
}

function describe(manifest: Manifest): ReferrerDescriptor {
  const { mediaType, digest, size, artifactType, annotations } = manifest;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/**
 * Clients that knew no referrers API kept the list in an index with a tag made from the subject's digest.
 * The spec asks a registry to show those too: "Enabling the Referrers API".
 */
async function readFallback(
  store: Store,
  repository: Repository,
  subject: Digest,
): Promise<ReferrerDescriptor[]> {
  const index = findManifest(repository, `${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`);
  if (index === undefined || !isIndexType(index.mediaType)) return [];
  const content = await store.blobs.findContent(index.digest);
  return content === undefined ? [] : parseReferrers(content);
}
