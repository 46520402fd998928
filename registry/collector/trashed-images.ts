import { contentOf } from '../catalog/content-index.ts';
import type { TagEvent } from '../catalog/history.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import type { TrashedContent } from '../catalog/trash.ts';
import { isAttachmentTag } from '../images/attachments.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { findUnwanted, wantedNow } from './unwanted.ts';

/** An image in the trash: somebody deleted it, or its last tag was deleted or moved on. */
export interface TrashedImage {
  readonly manifest: Manifest;
  /** It has lost its tags only, and can still be pulled by its digest. */
  readonly isLive: boolean;
  /** Bytes of all that it leads to. */
  readonly size: number;
  /** When the time began in which it can be put back. Milliseconds since 1970. */
  readonly since: number;
  /** Those that one change took from it last; none if it never had one. Putting it back points them at it again. */
  readonly tags: readonly string[];
  /** Whether one of them was moved on to another image, as against deleted. */
  readonly isReplaced: boolean;
}

type Found = Pick<TrashedImage, 'manifest' | 'isLive' | 'size' | 'since'>;

/** The images of one repository's trash, the last that came there first. In slices. */
export async function listTrash(store: Store, name: string): Promise<TrashedImage[]> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  const repository = catalog.findRepository(name);
  const live = repository === undefined ? [] : await findLeft(store, repository, pace);
  const found = [...live, ...(await findDeleted(catalog.trash.of(name), repository, pace))];
  if (found.length === 0) return [];
  const wanted = new Set(found.map(({ manifest }) => manifest.digest));
  const losses = await findLosses(catalog.history.timelines.get(name) ?? new Map(), wanted, pace);
  return found
    .map((each): TrashedImage => {
      const { tags = [], isReplaced = false } = losses.get(each.manifest.digest) ?? {};
      return Object.assign({ tags, isReplaced }, each);
    })
    .filter(({ tags }) => tags.length === 0 || !tags.every(isAttachmentTag))
    .sort((one, other) => other.since - one.since);
}

/** A repository of which nothing is left but its trash. */
export interface DeletedRepository {
  readonly name: string;
  readonly images: readonly TrashedImage[];
  /** Bytes, each piece of content counted once. */
  readonly size: number;
}

/** Those of which an image can be put back, by name. In slices. */
export async function listDeleted(store: Store): Promise<DeletedRepository[]> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  const found: DeletedRepository[] = [];
  for (const [name, { manifests }] of catalog.trash.repositories) {
    if (catalog.findRepository(name)?.isEmpty === false) continue;
    const images = await listTrash(store, name);
    if (images.length === 0) continue;
    const sizes = new Map<Digest, number>();
    for (const { manifest } of manifests.values()) {
      await pace.rest();
      for (const [digest, bytes] of contentOf(manifest)) sizes.set(digest, bytes);
    }
    let size = 0;
    for (const bytes of sizes.values()) size += bytes;
    found.push({ name, images, size });
  }
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** A live manifest's entry in the trash, if it is there or belongs to one that is. */
export async function findTrashed(
  store: Store,
  repository: Repository,
  manifest: Manifest,
): Promise<TrashedImage | undefined> {
  if (wantedNow(store).has(manifest)) return undefined;
  const { digest } = manifest;
  const above = new Set([digest]);
  // Sets hand out what is added to them while they are walked.
  for (const each of above) for (const index of repository.indexesOf(each)) above.add(index.digest);
  return (await listTrash(store, repository.name)).find((each) => above.has(each.manifest.digest));
}

async function findLeft(store: Store, repository: Repository, pace: Pace): Promise<Found[]> {
  const found: Found[] = [];
  for (const { root, since } of await findUnwanted(store, repository, pace)) {
    await pace.rest();
    found.push({ manifest: root, isLive: true, size: repository.sizeOf(root.digest), since });
  }
  return found;
}

/** Without what only belonged to another that was deleted: its platforms, and what was attached to it. */
async function findDeleted(
  { manifests }: TrashedContent,
  live: Repository | undefined,
  pace: Pace,
): Promise<Found[]> {
  const listed = new Set<Digest>();
  for (const { manifest } of manifests.values()) {
    await pace.rest();
    for (const { digest } of manifest.manifests ?? []) listed.add(digest);
  }
  const found: Found[] = [];
  for (const [digest, { manifest, deletedAt: since }] of manifests) {
    await pace.rest();
    if (listed.has(digest) || (manifest.subject !== undefined && manifests.has(manifest.subject))) continue;
    const sizes = new Map<Digest, number>();
    const below = new Set([digest]);
    // Sets hand out what is added to them while they are walked.
    for (const each of below) {
      const part = manifests.get(each)?.manifest ?? live?.manifests.get(each);
      if (part === undefined) continue;
      for (const child of part.manifests ?? []) below.add(child.digest);
      for (const [piece, bytes] of contentOf(part)) sizes.set(piece, bytes);
    }
    const size = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    found.push({ manifest, isLive: false, size, since });
  }
  return found;
}

interface Loss {
  readonly seq: number;
  readonly tags: string[];
  isReplaced: boolean;
}

/** The tags that one change took from manifests last: how people knew them. In slices. */
export async function findLostTags(
  { catalog }: Store['ledger'],
  repository: string,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly string[]>> {
  const timelines = catalog.history.timelines.get(repository) ?? new Map();
  const losses = await findLosses(timelines, new Set(digests), new Pace());
  return new Map([...losses].map(([digest, { tags }]) => [digest, tags]));
}

/** By digest: the last change that took tags from it. */
async function findLosses(
  timelines: ReadonlyMap<string, readonly TagEvent[]>,
  wanted: ReadonlySet<Digest>,
  pace: Pace,
): Promise<Map<Digest, Loss>> {
  const losses = new Map<Digest, Loss>();
  for (const [tag, events] of timelines) {
    await pace.rest();
    for (const { seq, digest, previous } of events) {
      if (previous === undefined || previous === digest || !wanted.has(previous)) continue;
      const known = losses.get(previous);
      if (known !== undefined && known.seq > seq) continue;
      const loss = known?.seq === seq ? known : { seq, tags: [], isReplaced: false };
      if (!loss.tags.includes(tag)) loss.tags.push(tag);
      loss.isReplaced ||= digest !== undefined;
      losses.set(previous, loss);
    }
  }
  return losses;
}
