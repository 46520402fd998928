import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
import type { Catalog } from './catalog.ts';
import { blobsOf } from './content-index.ts';
import type { Effect } from './history.ts';
import type { ManifestEntry, Operation } from './operation.ts';
import type { Manifest, Repository, Tag } from './repository.ts';
import { isTagWantedSince, isWantedSince, tagAfterPut, tagAfterSet } from './tag-changes.ts';

/** The record that is being applied, and what it has changed so far. */
export interface Applying {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly actor: Actor;
  readonly effects: Effect[];
}

type OperationOf<Op extends Operation['op']> = Extract<Operation, { op: Op }>;

/**
 * What each operation does to the catalog. An operation that finds nothing to do does nothing: records do
 * not depend on the order in which concurrent requests reached the journal.
 *
 * @throws RegistryError DATA_FOLDER_UNUSABLE for an operation of a later version
 */
export function applyOperation(
  catalog: Catalog,
  operation: Exclude<Operation, { op: 'undo' }>,
  applying: Applying,
): void {
  switch (operation.op) {
    case 'blob.link':
      return catalog.link(operation.repository, operation.digest, operation.size, applying.time);
    case 'blob.unlink':
      return unlinkBlob(catalog, operation, applying);
    case 'blob.restore':
      return restoreBlob(catalog, operation, applying);
    case 'manifest.put':
      return putManifest(catalog, operation, applying);
    case 'manifest.delete':
      return deleteManifest(catalog, operation, applying);
    case 'manifest.restore':
      return restoreManifest(catalog, operation, applying);
    case 'tag.put':
      return putTag(catalog, operation, applying);
    case 'tag.delete':
      return deleteTag(catalog, operation, applying);
    case 'tag.set':
      return setTag(catalog, operation, applying);
    case 'repository.delete':
    case 'repository.restore':
      return catalog.applyWhole(operation, applying);
    case 'drop':
      return drop(catalog, operation, applying);
    case 'history.trim':
      return catalog.history.trim(operation.before, (name, tag) => catalog.hasTag(name, tag));
    case 'observed':
      return observe(catalog, operation);
    default:
      throw new RegistryError(
        'DATA_FOLDER_UNUSABLE',
        `The journal has an operation that this version does not know (${(operation as { op: string }).op}). ` +
          'It was written by a newer version of Berth: install that version, or choose another folder with --data.',
      );
  }
}

function putManifest(
  catalog: Catalog,
  operation: OperationOf<'manifest.put'>,
  { time, effects }: Applying,
): void {
  const repository = catalog.repository(operation.repository);
  const { name } = repository;
  const { manifest: entry, imported } = operation;
  const replaced = repository.manifests.get(entry.digest);
  if (replaced !== undefined) catalog.removeManifest(repository, replaced);
  else {
    const origin = imported === undefined ? {} : { imported };
    effects.push({ kind: 'manifest', repository: name, digest: entry.digest, is: 'added', ...origin });
  }
  catalog.trash.takeManifest(name, entry.digest);
  const { pulledAt, untaggedAt } = replaced ?? {};
  const manifest = catalog.parts.manifest(name, entry, { pushedAt: time, pulledAt, untaggedAt });
  catalog.addManifest(manifest);
  repository.lastPush = time;
  linkContent(catalog, repository, manifest, time);
}

function linkContent(catalog: Catalog, repository: Repository, entry: ManifestEntry, time: number): void {
  for (const { digest, size } of blobsOf(entry)) {
    if (!repository.blobs.has(digest)) catalog.link(repository.name, digest, size, time);
  }
}

function deleteManifest(
  catalog: Catalog,
  { repository: name, digest, before }: OperationOf<'manifest.delete'>,
  applying: Applying,
): void {
  const repository = catalog.findRepository(name);
  const manifest = repository?.manifests.get(digest);
  if (repository === undefined || manifest === undefined) return;
  if (before !== undefined && isWantedSince(repository, manifest, before)) return;
  for (const tag of repository.tagsOf(digest)) deleteTag(catalog, { repository: name, tag }, applying);
  catalog.removeManifest(repository, manifest);
  leavePlatforms(repository, manifest, applying.time);
  catalog.trash.addManifest(manifest, applying.time);
  applying.effects.push({ kind: 'manifest', repository: name, digest, is: 'deleted' });
}

/** A platform that stays behind without an index is like a manifest that lost its last tag. */
function leavePlatforms(repository: Repository, { manifests = [] }: Manifest, time: number): void {
  for (const { digest } of manifests) {
    if (repository.isTagged(digest) || repository.isListed(digest)) continue;
    const platform = repository.manifests.get(digest);
    if (platform !== undefined) platform.untaggedAt = time;
  }
}

function restoreManifest(
  catalog: Catalog,
  { repository: name, digest }: OperationOf<'manifest.restore'>,
  { time, effects }: Applying,
): void {
  const manifest = catalog.trash.takeManifest(name, digest);
  if (manifest === undefined) return;
  // The time in which it can be put back begins anew.
  const untaggedAt = manifest.untaggedAt === undefined ? undefined : time;
  catalog.addManifest({ ...manifest, untaggedAt, restoredAt: time });
  const repository = catalog.repository(name);
  repository.lastPush = Math.max(repository.lastPush, manifest.pushedAt);
  linkContent(catalog, repository, manifest, time);
  effects.push({ kind: 'manifest', repository: name, digest, is: 'added' });
}

function unlinkBlob(
  catalog: Catalog,
  { repository: name, digest }: OperationOf<'blob.unlink'>,
  applying: Applying,
): void {
  const repository = catalog.findRepository(name);
  const size = repository?.blobs.get(digest);
  if (repository === undefined || size === undefined) return;
  catalog.trash.addLink(name, digest, { size, deletedAt: applying.time });
  catalog.unlink(repository, digest);
  catalog.removeIfBare(name);
  applying.effects.push({ kind: 'blob', repository: name, digest, is: 'deleted' });
}

function restoreBlob(
  catalog: Catalog,
  { repository, digest }: OperationOf<'blob.restore'>,
  { time, effects }: Applying,
): void {
  const link = catalog.trash.takeLink(repository, digest);
  if (link === undefined) return;
  catalog.link(repository, digest, link.size, time);
  effects.push({ kind: 'blob', repository, digest, is: 'added' });
}

/** Only manifests that are here can have a tag. */
function putTag(catalog: Catalog, operation: OperationOf<'tag.put'>, applying: Applying): void {
  const { repository: name, tag, digest } = operation;
  const repository = catalog.findRepository(name);
  const manifest = repository?.manifests.get(digest);
  if (repository === undefined || manifest === undefined) return;
  const before = repository.tags.get(tag);
  const after = tagAfterPut(before, { ...operation, digest: manifest.digest }, applying.time);
  repository.putTag(tag, after, applying.time);
  repository.lastPush = Math.max(repository.lastPush, after.pushedAt);
  const { from, imported } = operation;
  noteMove(catalog, repository, { tag, before, after, from, imported }, applying);
}

function deleteTag(
  catalog: Catalog,
  { repository: name, tag, before }: Omit<OperationOf<'tag.delete'>, 'op'>,
  applying: Applying,
): void {
  const repository = catalog.findRepository(name);
  const present = repository?.tags.get(tag);
  if (repository === undefined || present === undefined) return;
  if (before !== undefined && isTagWantedSince(present, before)) return;
  repository.deleteTag(tag, applying.time);
  noteMove(catalog, repository, { tag, before: present }, applying);
}

function setTag(catalog: Catalog, operation: OperationOf<'tag.set'>, { effects }: Applying): void {
  const { repository: name, tag } = operation;
  const repository = catalog.findRepository(name);
  const before = repository?.tags.get(tag);
  if (repository === undefined || before === undefined) return;
  const after = tagAfterSet(before, operation);
  repository.tags.set(tag, after);
  effects.push({ kind: 'tag', repository: name, tag, before, after });
}

interface Move {
  readonly tag: string;
  readonly before?: Tag | undefined;
  readonly after?: Tag | undefined;
  readonly from?: string | undefined;
  readonly imported?: true | undefined;
}

function noteMove(
  catalog: Catalog,
  repository: Repository,
  { tag, before, after, from, imported }: Move,
  { seq, time, actor, effects }: Applying,
): void {
  if (before?.digest === after?.digest) return;
  const { name } = repository;
  const was = before === undefined ? {} : { before };
  const is = after === undefined ? {} : { after };
  const source = from === undefined ? {} : { from };
  const origin = imported === undefined ? {} : { imported };
  effects.push({ kind: 'tag', repository: name, tag, ...was, ...is, ...source, ...origin });
  catalog.history.addEvent(name, tag, {
    seq,
    time,
    actor,
    ...(after === undefined ? {} : { digest: after.digest, size: repository.sizeOf(after.digest) }),
    ...(before === undefined ? {} : { previous: before.digest }),
  });
}

/** What a push has brought back since the drop was planned stays: the record's place decides. */
function drop(catalog: Catalog, operation: OperationOf<'drop'>, applying: Applying): void {
  const { repository: name, before, trash, manifests, attached, blobs } = operation;
  const trashed = catalog.trash.of(name);
  for (const digest of trash) {
    if ((trashed.manifests.get(digest)?.deletedAt ?? Infinity) <= before)
      catalog.trash.takeManifest(name, digest);
  }
  const repository = catalog.findRepository(name);
  if (repository !== undefined) dropLive(catalog, repository, { before, manifests, attached }, applying);
  for (const digest of blobs) {
    if ((trashed.blobs.get(digest)?.deletedAt ?? Infinity) <= before) catalog.trash.takeLink(name, digest);
    if ((repository?.unusedSince.get(digest) ?? Infinity) <= before && repository !== undefined) {
      catalog.unlink(repository, digest);
    }
  }
  catalog.removeIfBare(name);
}

function dropLive(
  catalog: Catalog,
  repository: Repository,
  { before, manifests, attached }: Pick<OperationOf<'drop'>, 'before' | 'manifests' | 'attached'>,
  applying: Applying,
): void {
  for (const digest of manifests) {
    const manifest = repository.manifests.get(digest);
    if (manifest === undefined || Math.max(manifest.pushedAt, manifest.untaggedAt ?? 0) > before) continue;
    for (const [tag, subject] of attached) {
      const present = repository.tags.get(tag);
      const isLoose =
        present?.digest === digest && present.protected !== true && !repository.manifests.has(subject);
      // Not an effect: nobody could take it back.
      if (isLoose) deleteTag(catalog, { repository: repository.name, tag }, { ...applying, effects: [] });
    }
    if (!isHeldByNothing(repository, manifest)) continue;
    catalog.removeManifest(repository, manifest);
    // Not later: the same drop may be about the platforms, too.
    leavePlatforms(repository, manifest, before);
  }
}

function isHeldByNothing(repository: Repository, { digest, subject }: Manifest): boolean {
  if (repository.isTagged(digest) || repository.isListed(digest)) return false;
  return subject === undefined || !repository.manifests.has(subject);
}

function observe(catalog: Catalog, { cacheHits, cacheMisses, pulls }: OperationOf<'observed'>): void {
  catalog.cacheHits += cacheHits;
  catalog.cacheMisses += cacheMisses;
  for (const [name, digest, pulledAt] of pulls) {
    const manifest = catalog.findRepository(name)?.manifests.get(digest);
    if (manifest !== undefined) manifest.pulledAt = pulledAt;
  }
}
