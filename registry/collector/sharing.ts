import type { Catalog } from '../catalog/catalog.ts';
import { contentOf } from '../catalog/content-index.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { Usage } from './usage.ts';

/** What shares content with something that could be deleted. */
export interface Sharing {
  readonly repository: string;
  /** One of those that share it; absent if what shares it has no tag. */
  readonly tag?: string;
  /** Bytes that both need. */
  readonly bytes: number;
}

/** An image that shares content with others. */
export interface Shared {
  readonly repository: Repository;
  readonly digest: Digest;
  /** The one of its tags that would be deleted alone. */
  readonly tag?: string;
}

/** Content that says nothing, so that having it in common says nothing either. */
const EMPTY: ReadonlySet<Digest> = new Set<Digest>([
  // `{}`: OCI Image Spec 1.1, "Guidance for an Empty Descriptor".
  'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  'sha512:27c74670adb75075fad058d5ceaf7b20c4e7786c83bae8a32f626f9782af34c9a33c2046ef60fd2a7878d378e29fec851806bbd9a67878f3a9f1cda4830763fd',
  // Docker's layer without files, 32 bytes.
  'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4',
]);

/** So many manifests are looked at for each that is named: several may belong to one tag. */
const CANDIDATES = 20;

/**
 * With whom the rest of what an image leads to is shared, those who share most first.
 *
 * @param of the image, and the tag that would be deleted alone, if any
 * @param going what would go
 */
export async function findSharing(
  catalog: Catalog,
  of: Shared,
  going: ReadonlySet<Manifest>,
  most: number,
): Promise<Sharing[]> {
  const usage = new Usage(catalog);
  const own = new Map<Digest, number>();
  for (const manifest of [...of.repository.manifestsBelow(of.digest), ...going]) {
    for (const [digest, size] of contentOf(manifest)) if (!EMPTY.has(digest)) own.set(digest, size);
  }
  const sharers = new Map<string, { sharing: Omit<Sharing, 'bytes'>; digests: Set<Digest> }>();
  let looks = most * CANDIDATES;
  for (const manifest of await findSharers(catalog, own, going)) {
    if (!usage.isWanted(manifest)) continue;
    if (looks === 0) break;
    looks -= 1;
    // By name: platforms of one index, and several images without a tag, are one.
    const { repository } = manifest;
    const tag = tagOf(catalog, manifest, of, going);
    const key = `${repository}:${tag ?? ''}`;
    const known = sharers.get(key);
    if (known === undefined && sharers.size === most) continue;
    const digests = known?.digests ?? new Set<Digest>();
    for (const digest of contentOf(manifest).keys()) if (own.has(digest)) digests.add(digest);
    sharers.set(key, { sharing: tag === undefined ? { repository } : { repository, tag }, digests });
  }
  const bytesOf = (digests: Iterable<Digest>): number =>
    [...digests].reduce((sum, digest) => sum + (own.get(digest) ?? 0), 0);
  return Array.from(sharers.values(), ({ sharing: { repository, tag }, digests }): Sharing => {
    const bytes = bytesOf(digests);
    return tag === undefined ? { repository, bytes } : { repository, tag, bytes };
  }).sort((one, other) => other.bytes - one.bytes);
}

/** Other manifests that need some of it, those that need most first. A popular layer is in very many. */
async function findSharers(
  catalog: Catalog,
  content: ReadonlyMap<Digest, number>,
  except: ReadonlySet<Manifest>,
): Promise<Iterable<Manifest>> {
  const pace = new Pace();
  const shared = new Map<Manifest, number>();
  for (const [digest, size] of content) {
    for (const user of catalog.content.users(digest)) {
      await pace.rest();
      if (!except.has(user)) shared.set(user, (shared.get(user) ?? 0) + size);
    }
  }
  // Most of them share the same few layers, so that there are few sums.
  const bySum = new Map<number, Manifest[]>();
  for (const [manifest, bytes] of shared) {
    const same = bySum.get(bytes);
    if (same === undefined) bySum.set(bytes, [manifest]);
    else same.push(manifest);
  }
  return [...bySum].sort(([one], [other]) => other - one).flatMap(([, same]) => same);
}

/** Its own, or that of an index that lists it, but for what would go. */
function tagOf(
  catalog: Catalog,
  manifest: Manifest,
  of: Shared,
  going: ReadonlySet<Manifest>,
): string | undefined {
  const repository = catalog.findRepository(manifest.repository);
  const above = new Set([manifest]);
  for (const each of above) {
    if (going.has(each)) continue;
    for (const tag of repository?.tagsOf(each.digest) ?? []) {
      if (tag !== of.tag || repository !== of.repository) return tag;
    }
    for (const index of repository?.indexesOf(each.digest) ?? []) above.add(index);
  }
  return undefined;
}
