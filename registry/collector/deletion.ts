import { affectsTags, isAbout } from '../catalog/dependence.ts';
import type { Operation } from '../catalog/operation.ts';
import type { Manifest, Repository, Tag } from '../catalog/repository.ts';
import { tagTouchedAt } from '../catalog/tag-changes.ts';
import { attachmentTags } from '../images/attachments.ts';
import { findManifest, unknownManifest } from '../images/manifests.ts';
import { refuseProtected } from '../images/protection.ts';
import { readRepository, type Store } from '../images/store.ts';
import type { Actor } from '../journal/record.ts';
import { Pace } from '../pace.ts';
import { isDigest, type Digest } from '../reference.ts';
import { tagsAbove, withWhatGoesAlong } from './reach.ts';

/** So many share a record of the journal, with what goes along: a record is applied in one go. */
const ROOTS_OF_A_RECORD = 200;

/** What a deletion took. docs/deletion.md has the rules, and the reasons for them. */
export interface Deleted {
  /** The record in the journal; null if there was nothing to delete. */
  readonly change: number | null;
  /** All of them, if it took several; each can be undone. */
  readonly changes?: readonly number[];
  readonly tags: number;
  readonly manifests: number;
}

/**
 * Deletes a tag alone, or a manifest with its tags and what goes along with it.
 *
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN, TAG_PROTECTED
 */
export async function deleteManifest(
  store: Store,
  name: string,
  reference: string,
  actor: Actor,
): Promise<Deleted> {
  const find = (repository: Repository): Digest[] => {
    const manifest = findManifest(repository, reference);
    if (manifest === undefined) throw unknownManifest(name, reference);
    return [manifest.digest];
  };
  if (isDigest(reference)) return await deleteManifests(store, name, find, actor);
  const tags = new Set([reference]);
  const record = await store.ledger.decide(actor, {
    dependsOn: (operation) => affectsTags(operation, name, tags),
    decide: () => {
      const repository = readRepository(store, name);
      find(repository);
      refuseProtected(store, repository, tags);
      return [{ op: 'tag.delete', repository: name, tag: reference }];
    },
  });
  return { change: record?.seq ?? null, tags: 1, manifests: 0 };
}

/**
 * Deletes everything in a repository.
 *
 * @throws RegistryError NAME_UNKNOWN, TAG_PROTECTED
 */
export async function deleteRepository(store: Store, name: string, actor: Actor): Promise<Deleted> {
  const repository = readRepository(store, name);
  const pace = new Pace();
  const began = Date.now();
  for (const tag of repository.tags.keys()) {
    await pace.rest();
    refuseProtected(store, repository, [tag]);
  }
  for (const digest of repository.manifests.keys()) {
    await pace.rest();
    store.leases.revoke(name, digest);
  }
  const decide = (): Operation[] => {
    const present = readRepository(store, name);
    const isNew = (tag: Tag): boolean => tag.protected === true || tagTouchedAt(tag) >= began;
    refuseProtected(store, present, keysOf(present.tags, isNew));
    return [{ op: 'repository.delete', repository: name }];
  };
  const record = await store.ledger.decide(actor, { dependsOn: (each) => isAbout(each, name), decide });
  const change = record?.seq ?? null;
  const [effect] = store.ledger.catalog.history.changes.get(change ?? 0)?.effects ?? [];
  if (effect?.kind !== 'repository') return { change, tags: 0, manifests: 0 };
  return { change, tags: effect.tags.length, manifests: effect.manifests.length };
}

/**
 * Deletes the manifests of a repository that neither a tag nor an index leads to, but for those that a push
 * under way counts on.
 *
 * @throws RegistryError NAME_UNKNOWN
 */
export async function deleteUntagged(store: Store, name: string, actor: Actor): Promise<Deleted> {
  const present = readRepository(store, name);
  const pace = new Pace();
  const isDue = (repository: Repository, manifest: Manifest | undefined): boolean =>
    manifest !== undefined &&
    isLeftAlone(repository, manifest) &&
    store.leases.find(manifest.digest) !== 'held';
  const untagged: Digest[] = [];
  for (const manifest of present.manifests.values()) {
    await pace.rest();
    if (isDue(present, manifest)) untagged.push(manifest.digest);
  }
  const slices: Digest[][] = [];
  for (let start = 0; start < untagged.length; start += ROOTS_OF_A_RECORD) {
    slices.push(untagged.slice(start, start + ROOTS_OF_A_RECORD));
  }
  // All or nothing is refused.
  for (const slice of slices) {
    await pace.rest();
    refuseProtected(store, present, planDeletion(store, present, slice).tags);
  }
  const changes: number[] = [];
  let manifests = 0;
  let tags = 0;
  for (const slice of slices) {
    // With its last manifest a repository is gone.
    if (store.ledger.catalog.findRepository(name) === undefined) break;
    const find = (repository: Repository): Digest[] =>
      slice.filter((digest) => isDue(repository, repository.manifests.get(digest)));
    const deleted = await deleteManifests(store, name, find, actor);
    if (deleted.change !== null) changes.push(deleted.change);
    manifests += deleted.manifests;
    tags += deleted.tags;
  }
  const several = changes.length > 1 ? { changes } : {};
  return { change: changes.at(-1) ?? null, ...several, tags, manifests };
}

function* keysOf<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  isMeant: (value: Value) => boolean,
): Iterable<Key> {
  for (const [key, value] of map) if (isMeant(value)) yield key;
}

function isLeftAlone(repository: Repository, { digest, subject }: Manifest): boolean {
  if (repository.isTagged(digest) || repository.isListed(digest)) return false;
  return subject === undefined || !repository.manifests.has(subject);
}

async function deleteManifests(
  store: Store,
  name: string,
  find: (repository: Repository) => readonly Digest[],
  actor: Actor,
): Promise<Deleted> {
  let counts = { tags: 0, manifests: 0 };
  const decide = (): Operation[] => {
    const repository = readRepository(store, name);
    const digests = find(repository);
    const { operations, manifests, tags } = planDeletion(store, repository, digests);
    refuseProtected(store, repository, tags);
    for (const digest of digests) {
      refuseProtected(store, repository, tagsAbove(repository, digest));
      store.leases.revoke(name, digest);
    }
    counts = { tags: tags.size, manifests: manifests.length };
    return operations;
  };
  const record = await store.ledger.decide(actor, { dependsOn: (each) => isAbout(each, name), decide });
  return { change: record?.seq ?? null, ...counts };
}

/** What deleting manifests takes along, computed without touching anything. */
export function planDeletion(
  store: Pick<Store, 'leases'>,
  repository: Repository,
  digests: readonly Digest[],
): { operations: Operation[]; manifests: Manifest[]; tags: Set<string> } {
  const { name } = repository;
  // A platform that a push has been told of will be listed by the index that comes next.
  const manifests = withWhatGoesAlong(
    repository,
    digests,
    (digest) => store.leases.find(digest) === 'held' && store.leases.isTold(name, digest),
  );
  return { manifests, ...deletionOf(repository, manifests) };
}

/**
 * The operations that delete manifests with their tags and with the tags that attach things to them.
 *
 * @param isKept of a tag that attaches something
 * @param before what of them was touched later than this stays, if given: milliseconds since 1970
 */
export function deletionOf(
  repository: Repository,
  manifests: readonly Manifest[],
  before?: ReadonlyMap<Manifest, number>,
  isKept: (tag: string) => boolean = () => false,
): { operations: Operation[]; tags: Set<string> } {
  const { name } = repository;
  const tags = new Set(manifests.flatMap(({ digest }) => [...repository.tagsOf(digest)]));
  const attached: Operation[] = [];
  const deletions: Operation[] = [];
  for (const manifest of manifests) {
    const { digest } = manifest;
    const time = before?.get(manifest);
    const guard = time === undefined ? {} : { before: time };
    deletions.push({ op: 'manifest.delete', repository: name, digest, ...guard });
    for (const tag of attachmentTags(repository, digest)) {
      const present = repository.tags.get(tag);
      if (tags.has(tag) || present === undefined || isKept(tag)) continue;
      tags.add(tag);
      const tagGuard = time === undefined ? {} : { before: tagTouchedAt(present) };
      attached.push({ op: 'tag.delete', repository: name, tag, ...tagGuard });
    }
  }
  return { operations: [...attached, ...deletions], tags };
}
