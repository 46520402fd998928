import type { Catalog } from '../catalog/catalog.ts';
import { isAbout } from '../catalog/dependence.ts';
import type { Change, Effect, RepositoryEffect, TagEvent } from '../catalog/history.ts';
import type { Operation } from '../catalog/operation.ts';
import { RegistryError } from '../error.ts';
import { refuseProtected } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import type { Actor } from '../journal/record.ts';
import { Pace } from '../pace.ts';
import { isDigest, type Digest } from '../reference.ts';
import { withWhatGoesAlong } from './reach.ts';
import { Restorer } from './restorer.ts';

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
    if (change === undefined) {
      throw conflict(
        `There is no change ${undone} that could be undone. "berth history" lists those that can.`,
      );
    }
    if (change.undoneBy === undefined) return change;
    throw conflict(`Change ${undone} was undone already, by change ${change.undoneBy}.`);
  };
  const change = find();
  const summary = summarize(change);
  const [effect] = change.effects;
  const whole = effect?.kind === 'repository' ? [await planWholeUndo(store, change, effect)] : undefined;
  const record = await store.ledger.decide(actor, {
    dependsOn: () => true,
    decide: () => {
      const current = find();
      return [{ op: 'undo', of: undone }, ...(whole ?? planUndo(store, current))];
    },
  });
  if (record === undefined || !changes.has(record.seq)) throw nothingLeft(change);
  return { change: record.seq, undone, summary };
}

/**
 * The operations that take a change back.
 *
 * @throws RegistryError CONFLICT if something else has changed the same since, or if it was reclaimed;
 *   TAG_PROTECTED
 */
function planUndo(store: Pick<Store, 'ledger' | 'settings'>, change: Change): Operation[] {
  const { catalog } = store.ledger;
  // In reverse: what was done last is taken back first, and a manifest is there before its tag.
  const effects = change.effects.toReversed();
  const moved = new Set(
    effects.flatMap((each) => (each.kind === 'tag' ? [`${each.repository}:${each.tag}`] : [])),
  );
  const deletions = effects.flatMap((effect) => undoAddition(catalog, effect, moved));
  const restored = effects.flatMap((effect) => undoDeletion(catalog, effect));
  const restorer = new Restorer(catalog);
  const tags = effects.flatMap((effect) => (effect.kind === 'tag' ? undoTag(store, effect, restorer) : []));
  const operations = distinct([...restored, ...tags, ...deletions]);
  if (operations.length > 0) return operations;
  throw nothingLeft(change);
}

/** The same of a repository that came or went as a whole: looked at in slices, taken back in one operation. */
async function planWholeUndo(
  store: Pick<Store, 'ledger' | 'settings'>,
  { seq }: Change,
  effect: RepositoryEffect,
): Promise<Operation> {
  const { catalog } = store.ledger;
  const { repository: name, is, tags, manifests, blobs } = effect;
  const pace = new Pace();
  for (const [tag, { digest }] of tags) {
    await pace.rest();
    const live = catalog.findRepository(name);
    if (live?.tags.get(tag)?.digest !== (is === 'added' ? digest : undefined)) throw movedOn(name, tag);
    if (live !== undefined) refuseProtected(store, live, [tag]);
  }
  if (is === 'added') return { op: 'repository.delete', repository: name, change: seq };
  for (const kind of ['manifests', 'blobs'] as const) {
    for (const digest of kind === 'manifests' ? manifests : blobs) {
      await pace.rest();
      const isHere = catalog.findRepository(name)?.[kind].has(digest) === true;
      if (!isHere && !catalog.trash.of(name)[kind].has(digest)) throw reclaimed(name, digest);
    }
  }
  return { op: 'repository.restore', repository: name, change: seq };
}

function undoDeletion(catalog: Catalog, effect: Effect): Operation[] {
  if (!isContent(effect) || effect.is === 'added') return [];
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
  if (!isContent(effect) || effect.is === 'deleted') return [];
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
  restorer: Restorer,
): Operation[] {
  const { catalog } = store.ledger;
  const { repository: name, tag, before, after } = effect;
  const repository = catalog.findRepository(name);
  const now = repository?.tags.get(tag);
  if (now?.digest !== after?.digest) {
    throw movedOn(name, tag);
  }
  const wasProtected = before?.protected ?? false;
  const isProtected = now?.protected ?? false;
  const isThisWhatProtects = after?.protected === true && !wasProtected;
  if (!isThisWhatProtects && repository !== undefined) refuseProtected(store, repository, [tag]);
  if (before === undefined) return [{ op: 'tag.delete', repository: name, tag }];
  if (now?.digest !== before.digest) requireManifest(catalog, name, before.digest);
  const move = now?.digest === before.digest ? [] : restorer.moveTag(name, tag, before);
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
    requireManifest(catalog, repository, digest);
    const target = { digest, pushedAt: pushed?.time ?? Date.now() };
    return new Restorer(catalog).moveTagWithAttached(repository, tag, target);
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

/** @throws RegistryError CONFLICT */
function requireManifest(catalog: Catalog, repository: string, digest: Digest): void {
  const isHere = catalog.findRepository(repository)?.manifests.has(digest) === true;
  if (!isHere && !catalog.trash.of(repository).manifests.has(digest)) throw reclaimed(repository, digest);
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
  const named =
    [of('repository'), of('tag'), of('manifest'), of('blob')].find(({ length }) => length > 0) ?? [];
  const [effect] = named;
  const first = effect === undefined ? 'nothing' : effectSummary(effect);
  const text = named.length > 1 ? `${first} and ${named.length - 1} more` : first;
  return undoOf === undefined ? text : `undid change ${undoOf}: ${text}`;
}

function effectSummary(effect: Effect): string {
  if (effect.kind === 'tag') return tagSummary(effect);
  return isContent(effect) ? contentSummary(effect) : repositorySummary(effect);
}

function repositorySummary({ repository, is, tags }: RepositoryEffect): string {
  const count = tags.length === 1 ? '1 tag' : `${tags.length.toLocaleString('en')} tags`;
  return `${is === 'added' ? 'restored' : 'deleted'} repository ${repository} (${count})`;
}

type ContentEffect = Extract<Effect, { kind: 'manifest' | 'blob' }>;

function isContent(effect: Effect): effect is ContentEffect {
  return effect.kind === 'manifest' || effect.kind === 'blob';
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

function contentSummary({ kind, repository, digest, is }: ContentEffect): string {
  const name = `${repository}@${digest.slice(0, 19)}`;
  if (kind === 'blob') return `${is === 'added' ? 'restored' : 'deleted'} blob ${name}`;
  return `${is === 'added' ? 'pushed' : 'deleted'} ${name}`;
}

function nothingLeft({ seq }: Change): RegistryError {
  return conflict(`Nothing of change ${seq} is left to be undone.`);
}

function movedOn(name: string, tag: string): RegistryError {
  return conflict(
    `${name}:${tag} was changed again since. Use "berth history ${name}:${tag}" and "berth restore" to choose a state.`,
  );
}

function reclaimed(repository: string, digest: Digest): RegistryError {
  return conflict(`${repository}@${digest} was reclaimed, and cannot be put back. Push it again.`);
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
