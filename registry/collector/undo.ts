import type { Catalog } from '../catalog/catalog.ts';
import { isAbout } from '../catalog/dependence.ts';
import type { Change, Effect, TagEvent } from '../catalog/history.ts';
import { MultiMap } from '../catalog/multi-map.ts';
import type { Operation } from '../catalog/operation.ts';
import type { Tag } from '../catalog/repository.ts';
import { RegistryError } from '../error.ts';
import { refuseProtected } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import type { Actor } from '../journal/record.ts';
import { isDigest, type Digest } from '../reference.ts';
import { withWhatGoesAlong } from './reach.ts';

export interface Undone {
  /** The record that took the other back; it can be undone itself. */
  readonly change: number;
  readonly undone: number;
  /** For people. */
  readonly summary: string;
}

/**
 * Takes a change back, as one change more.
 *
 * @param seq which one; the last if absent
 * @throws RegistryError CONFLICT with the reason, if it cannot be taken back exactly
 */
export async function undo(store: Store, seq: number | undefined, actor: Actor): Promise<Undone> {
  const { changes } = store.ledger.catalog.history;
  // The last that whoever asks can know of: not what may come to the disk before this.
  const undone = seq ?? [...changes.keys()].at(-1);
  if (undone === undefined) throw conflict('There is nothing to undo.');
  const find = (): Change => {
    const change = changes.get(undone);
    if (change === undefined) throw conflict(`There is no change ${undone} that could be undone.`);
    return change;
  };
  const summary = summarize(find());
  const record = await store.ledger.decide(actor, {
    dependsOn: () => true,
    decide: () => [{ op: 'undo', of: undone }, ...planUndo(store, find())],
  });
  if (record === undefined) throw conflict(`Nothing of change ${undone} is left to be undone.`);
  return { change: record.seq, undone, summary };
}

/**
 * The operations that take a change back.
 *
 * @throws RegistryError CONFLICT if something else has changed the same since, or if it was reclaimed;
 *   TAG_PROTECTED
 */
export function planUndo(store: Pick<Store, 'ledger' | 'settings'>, change: Change): Operation[] {
  const { catalog } = store.ledger;
  if (change.undoneBy !== undefined) {
    throw conflict(`Change ${change.seq} was undone already, by change ${change.undoneBy}.`);
  }
  // In reverse: what was done last is taken back first, and a manifest is there before its tag.
  const effects = change.effects.toReversed();
  const moved = new Set(
    effects.flatMap((each) => (each.kind === 'tag' ? [`${each.repository}:${each.tag}`] : [])),
  );
  const deletions = effects.flatMap((effect) => undoAddition(catalog, effect, moved));
  const restored = effects.flatMap((effect) => undoDeletion(catalog, effect));
  const tags = effects.flatMap((effect) => (effect.kind === 'tag' ? undoTag(store, effect) : []));
  const operations = distinct([...restored, ...tags, ...deletions]);
  if (operations.length > 0) return operations;
  throw conflict(`Nothing of change ${change.seq} is left to be undone.`);
}

function undoDeletion(catalog: Catalog, effect: Effect): Operation[] {
  if (effect.kind === 'tag' || effect.is === 'added') return [];
  const { kind, repository, digest } = effect;
  const trash = catalog.trash.of(repository);
  const live = catalog.findRepository(repository);
  if (kind === 'manifest') {
    if (live?.manifests.has(digest) === true) return [];
    if (!trash.manifests.has(digest)) throw reclaimed(repository, digest);
    return [{ op: 'manifest.restore', repository, digest }];
  }
  if (live?.blobs.has(digest) === true) return [];
  if (!trash.blobs.has(digest)) throw reclaimed(repository, digest);
  return [{ op: 'blob.restore', repository, digest }];
}

/**
 * A manifest that came goes again, with its platforms, unless something else has use for it by now.
 *
 * @param moved tags, as `repository:tag`, that this undo moves elsewhere
 */
function undoAddition(catalog: Catalog, effect: Effect, moved: ReadonlySet<string>): Operation[] {
  if (effect.kind === 'tag' || effect.is === 'deleted') return [];
  if (effect.kind === 'blob') {
    return [{ op: 'blob.unlink', repository: effect.repository, digest: effect.digest }];
  }
  const repository = catalog.findRepository(effect.repository);
  const manifest = repository?.manifests.get(effect.digest);
  if (repository === undefined || manifest === undefined) return [];
  const isWanted =
    [...repository.tagsOf(manifest.digest)].some((tag) => !moved.has(`${repository.name}:${tag}`)) ||
    repository.isListed(manifest.digest);
  if (isWanted) return [];
  return withWhatGoesAlong(repository, [manifest.digest]).map(({ digest }) => ({
    op: 'manifest.delete',
    repository: repository.name,
    digest,
  }));
}

function undoTag(
  store: Pick<Store, 'ledger' | 'settings'>,
  effect: Extract<Effect, { kind: 'tag' }>,
): Operation[] {
  const { catalog } = store.ledger;
  const { repository: name, tag, before, after } = effect;
  const repository = catalog.findRepository(name);
  const now = repository?.tags.get(tag);
  if (now?.digest !== after?.digest) {
    throw conflict(
      `${name}:${tag} was changed again since. Use "berth history ${name}:${tag}" and "berth restore" to choose a state.`,
    );
  }
  const wasProtected = before?.protected ?? false;
  const isProtected = now?.protected ?? false;
  const isThisWhatProtects = after?.protected === true && !wasProtected;
  if (!isThisWhatProtects && repository !== undefined) refuseProtected(store, repository, [tag]);
  if (before === undefined) return [{ op: 'tag.delete', repository: name, tag }];
  const move: Operation[] = now?.digest === before.digest ? [] : moveTag(catalog, name, tag, before);
  if (isProtected === wasProtected && now?.expiresAt === before.expiresAt) return move;
  return [
    ...move,
    { op: 'tag.set', repository: name, tag, protected: wasProtected, expiresAt: before.expiresAt ?? null },
  ];
}

/** A tag's place in its timeline to go back to. */
export interface RestorePoint {
  readonly repository: string;
  readonly tag: string;
  /** A digest that the tag had, or a time in milliseconds since 1970. */
  readonly at: Digest | number;
}

/**
 * Puts a tag back to where it pointed.
 *
 * @throws RegistryError CONFLICT if it never pointed there, or if that was reclaimed
 */
export async function restore(
  store: Store,
  { repository, tag, at }: RestorePoint,
  actor: Actor,
): Promise<{ change: number; digest: Digest }> {
  const { catalog } = store.ledger;
  const digest = typeof at === 'number' ? digestAt(catalog, repository, tag, at) : at;
  const already = `${repository}:${tag} points at ${digest} already.`;
  const decide = (): Operation[] => {
    const current = catalog.findRepository(repository);
    if (current !== undefined) refuseProtected(store, current, [tag]);
    if (current?.tags.get(tag)?.digest === digest) throw conflict(already);
    const pushed = catalog.history.timeline(repository, tag).findLast((each) => each.digest === digest);
    return moveTag(catalog, repository, tag, { digest, pushedAt: pushed?.time ?? Date.now() });
  };
  const dependsOn = (operation: Operation): boolean => isAbout(operation, repository);
  const record = await store.ledger.decide(actor, { dependsOn, decide });
  if (record === undefined) throw conflict(already);
  return { change: record.seq, digest };
}

function digestAt(catalog: Catalog, repository: string, tag: string, time: number): Digest {
  const event = catalog.history.timeline(repository, tag).findLast((each: TagEvent) => each.time <= time);
  if (event?.digest !== undefined) return event.digest;
  throw conflict(
    `${repository}:${tag} did not exist at ${new Date(time).toISOString()}. See "berth history ${repository}:${tag}".`,
  );
}

/** Points a tag at a manifest that is here, or that can be put back with all that went with it. */
function moveTag(
  catalog: Catalog,
  repository: string,
  tag: string,
  { digest, pushedAt }: Pick<Tag, 'digest' | 'pushedAt'>,
): Operation[] {
  const put: Operation = { op: 'tag.put', repository, tag, digest, pushedAt };
  if (catalog.findRepository(repository)?.manifests.has(digest) === true) {
    return [...restoreBelow(catalog, repository, digest), put];
  }
  if (!catalog.trash.of(repository).manifests.has(digest)) throw reclaimed(repository, digest);
  return [...restoreBelow(catalog, repository, digest), put];
}

/** The manifest, if it is an index its platforms at any depth, and what was attached when it was deleted. */
function restoreBelow(catalog: Catalog, repository: string, digest: Digest): Operation[] {
  const { manifests: trashed } = catalog.trash.of(repository);
  const live = catalog.findRepository(repository)?.manifests;
  const deletedAt = trashed.get(digest)?.deletedAt;
  const referrers = new MultiMap<Digest, Digest>();
  for (const [each, { manifest, deletedAt: time }] of deletedAt === undefined ? [] : trashed) {
    if (time === deletedAt && manifest.subject !== undefined) referrers.add(manifest.subject, each);
  }
  // Sets hand out what is added to them while they are walked.
  const digests = new Set([digest]);
  for (const each of digests) {
    const manifest = live?.get(each) ?? trashed.get(each)?.manifest;
    for (const child of manifest?.manifests ?? []) digests.add(child.digest);
    for (const referrer of referrers.get(each)) digests.add(referrer);
  }
  return [...digests]
    .filter((each) => live?.has(each) !== true && trashed.has(each))
    .map((each) => ({ op: 'manifest.restore', repository, digest: each }));
}

/** A manifest may be put back for itself and for its tag: once is enough. */
function distinct(operations: readonly Operation[]): Operation[] {
  const seen = new Set<string>();
  return operations.filter((each) => {
    const key = JSON.stringify(each);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What a change did, in a sentence without an end: `moved app:v1`. */
export function summarize({ effects, undoOf }: Change): string {
  const of = (kind: Effect['kind']): Effect[] => effects.filter((each) => each.kind === kind);
  const named = [of('tag'), of('manifest'), of('blob')].find(({ length }) => length > 0) ?? [];
  const [effect] = named;
  const first = effect === undefined ? 'nothing' : effectSummary(effect);
  const text = named.length > 1 ? `${first} and ${named.length - 1} more` : first;
  return undoOf === undefined ? text : `undid change ${undoOf}: ${text}`;
}

function effectSummary(effect: Effect): string {
  return effect.kind === 'tag' ? tagSummary(effect) : contentSummary(effect);
}

function tagSummary({ repository, tag, before, after }: Extract<Effect, { kind: 'tag' }>): string {
  const name = `${repository}:${tag}`;
  if (before === undefined) return `pushed ${name}`;
  if (after === undefined) return `deleted ${name}`;
  if (before.digest !== after.digest) return `moved ${name}`;
  if (before.protected !== after.protected) {
    return `${after.protected === true ? 'protected' : 'unprotected'} ${name}`;
  }
  return `set when ${name} expires`;
}

function contentSummary({ kind, repository, digest, is }: Exclude<Effect, { kind: 'tag' }>): string {
  const name = `${repository}@${digest.slice(0, 19)}`;
  if (kind === 'blob') return `${is === 'added' ? 'restored' : 'deleted'} blob ${name}`;
  return `${is === 'added' ? 'pushed' : 'deleted'} ${name}`;
}

function reclaimed(repository: string, digest: Digest): RegistryError {
  return conflict(`${repository}@${digest} was reclaimed: its content is gone. Push it again.`);
}

function conflict(message: string): RegistryError {
  return new RegistryError('CONFLICT', message);
}

/** @throws RegistryError REQUEST_INVALID */
export function parseRestorePoint(text: string): Digest | number {
  if (isDigest(text)) return text;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new RegistryError(
    'REQUEST_INVALID',
    `${text.slice(0, 100)} is neither a digest nor a time (ISO 8601).`,
  );
}
