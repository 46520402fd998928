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
import { distinct, Restorer } from './restorer.ts';
import { conflict, nothingLeft, requireContent, undoChecks } from './undo-refusal.ts';

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
 * @param seq which one; if absent the last that is no undo and was not undone, so that one after the other goes back
 * @throws RegistryError CONFLICT with the reason, if it cannot be taken back exactly
 */
export async function undo(store: Store, seq: number | undefined, actor: Actor): Promise<Undone> {
  const { changes } = store.ledger.catalog.history;
  // The last that whoever asks can know of: not what may come to the disk before this.
  const undone = seq ?? findLast(changes.values());
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

function findLast(changes: Iterable<Change>): number | undefined {
  return [...changes].findLast(({ undoOf, undoneBy }) => undoOf === undefined && undoneBy === undefined)?.seq;
}

/**
 * The operations that take a change back.
 *
 * @throws RegistryError CONFLICT if something else has changed the same since, or if it was reclaimed;
 *   TAG_PROTECTED
 */
function planUndo(store: Pick<Store, 'ledger' | 'settings'>, change: Change): Operation[] {
  const { catalog } = store.ledger;
  for (const _ of undoChecks(store, change)) continue;
  // In reverse: what was done last is taken back first, and a manifest is there before its tag.
  const effects = change.effects.toReversed();
  const moved = new Set(
    effects.flatMap((each) => (each.kind === 'tag' ? [`${each.repository}:${each.tag}`] : [])),
  );
  const deletions = effects.flatMap((effect) => undoAddition(catalog, effect, moved));
  const restored = effects.flatMap((effect) => undoDeletion(catalog, effect));
  const restorer = new Restorer(catalog);
  const tags = effects.flatMap((effect) => (effect.kind === 'tag' ? undoTag(catalog, effect, restorer) : []));
  const operations = distinct([...restored, ...tags, ...deletions]);
  if (operations.length > 0) return operations;
  throw nothingLeft(change);
}

/** The same of a repository that came or went as a whole: looked at in slices, taken back in one operation. */
async function planWholeUndo(
  store: Pick<Store, 'ledger' | 'settings'>,
  change: Change,
  { repository, is }: RepositoryEffect,
): Promise<Operation> {
  await new Pace().walk(undoChecks(store, change));
  const op = is === 'added' ? 'repository.delete' : 'repository.restore';
  return { op, repository, change: change.seq };
}

function undoDeletion(catalog: Catalog, effect: Effect): Operation[] {
  if (!isContent(effect) || effect.is === 'added') return [];
  const { kind, repository, digest } = effect;
  const isHere = catalog.findRepository(repository)?.[`${kind}s`].has(digest) === true;
  return isHere ? [] : [{ op: `${kind}.restore`, repository, digest }];
}

/**
 * A manifest that came goes again, with its platforms, and a blob, unless something else has use for it by now.
 *
 * @param moved tags, as `repository:tag`, that this undo moves elsewhere
 */
function undoAddition(catalog: Catalog, effect: Effect, moved: ReadonlySet<string>): Operation[] {
  if (!isContent(effect) || effect.is === 'deleted') return [];
  const repository = catalog.findRepository(effect.repository);
  if (effect.kind === 'blob') {
    if (repository?.isUsed(effect.digest) === true) return [];
    return [{ op: 'blob.unlink', repository: effect.repository, digest: effect.digest }];
  }
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
  catalog: Catalog,
  { repository: name, tag, before }: Extract<Effect, { kind: 'tag' }>,
  restorer: Restorer,
): Operation[] {
  const now = catalog.findRepository(name)?.tags.get(tag);
  const wasProtected = before?.protected ?? false;
  const isProtected = now?.protected ?? false;
  if (before === undefined) return [{ op: 'tag.delete', repository: name, tag }];
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

/** Puts a tag back to where it pointed, or throws as `planRestore` does. */
export async function restore(
  store: Store,
  point: RestorePoint,
  actor: Actor,
): Promise<{ change: number; digest: Digest }> {
  const { catalog } = store.ledger;
  const { repository, tag, at } = point;
  // What was meant then, whatever happens meanwhile.
  const digest = typeof at === 'number' ? digestAt(catalog, repository, tag, at) : at;
  const record = await store.ledger.decide(actor, {
    dependsOn: (operation) => isAbout(operation, repository),
    decide: () => planRestore(store, { ...point, at: digest }).operations,
  });
  if (record === undefined) throw already(point, digest);
  return { change: record.seq, digest };
}

/**
 * What putting it back would do, computed without touching anything.
 *
 * @throws RegistryError CONFLICT if it was not there at that time, is there already, or if that was reclaimed; TAG_PROTECTED
 */
export function planRestore(
  store: Pick<Store, 'ledger' | 'settings'>,
  point: RestorePoint,
): { digest: Digest; operations: Operation[] } {
  const { catalog } = store.ledger;
  const { repository, tag, at } = point;
  const digest = typeof at === 'number' ? digestAt(catalog, repository, tag, at) : at;
  const current = catalog.findRepository(repository);
  if (current !== undefined) refuseProtected(store, current, [tag]);
  if (current?.tags.get(tag)?.digest === digest) throw already(point, digest);
  const pushed = catalog.history.findPush(repository, tag, digest);
  requireContent(catalog, { kind: 'manifest', repository, digest });
  const pushedAt = pushed?.time ?? Date.now();
  const operations = new Restorer(catalog).moveTagWithAttached(repository, tag, { digest, pushedAt });
  return { digest, operations };
}

function already({ repository, tag }: RestorePoint, digest: Digest): RegistryError {
  return conflict(`${repository}:${tag} points at ${digest} already.`);
}

function digestAt(catalog: Catalog, repository: string, tag: string, time: number): Digest {
  const event = catalog.history.timeline(repository, tag).findLast((each: TagEvent) => each.time <= time);
  if (event?.digest !== undefined) return event.digest;
  throw conflict(
    `${repository}:${tag} did not exist at ${new Date(time).toISOString()}. See "berth history ${repository}:${tag}".`,
  );
}

/**
 * Where a tag that is gone pointed last.
 *
 * @throws RegistryError REQUEST_INVALID if it is there, CONFLICT if it never was
 */
export function readLastPlace(catalog: Catalog, repository: string, tag: string): Digest {
  const last = catalog.history.timeline(repository, tag).at(-1);
  const see = `See "berth history ${repository}:${tag}".`;
  if (last === undefined) throw conflict(`Nothing is known of a tag ${repository}:${tag}. ${see}`);
  if (last.digest === undefined && last.previous !== undefined) return last.previous;
  throw new RegistryError(
    'REQUEST_INVALID',
    `${repository}:${tag} is there: say to which digest or time it is to go back. ${see}`,
  );
}

/** What a change did, in a sentence without an end: `moved app:v1`. */
export function summarize(change: Change): string {
  const { effects, undoOf } = change;
  const of = (kind: Effect['kind']): Effect[] => effects.filter((each) => each.kind === kind);
  const named =
    [of('repository'), of('tag'), of('manifest'), of('blob')].find(({ length }) => length > 0) ?? [];
  const [effect] = named;
  const first = effect === undefined ? 'nothing' : effectSummary(effect, change);
  const text = named.length > 1 ? `${first} and ${named.length - 1} more` : first;
  return undoOf === undefined ? text : `undid change ${undoOf}: ${text}`;
}

function effectSummary(effect: Effect, change: Change): string {
  if (effect.kind === 'tag') return tagSummary(effect, change);
  return isContent(effect) ? contentSummary(effect, change) : repositorySummary(effect);
}

function repositorySummary({ repository, is, tags }: RepositoryEffect): string {
  const count = tags.length === 1 ? '1 tag' : `${tags.length.toLocaleString('en')} tags`;
  return `${is === 'added' ? 'restored' : 'deleted'} repository ${repository} (${count})`;
}

type ContentEffect = Extract<Effect, { kind: 'manifest' | 'blob' }>;

function isContent(effect: Effect): effect is ContentEffect {
  return effect.kind === 'manifest' || effect.kind === 'blob';
}

function tagSummary(
  { repository, tag, before, after, from, imported }: Extract<Effect, { kind: 'tag' }>,
  { effects }: Change,
): string {
  const name = `${repository}:${tag}`;
  if (before === undefined) {
    if (after?.restoredAt !== undefined) return `restored ${name}`;
    if (imported === true) return `imported ${name}`;
    if (from !== undefined) return `tagged ${name} from ${shortened(from)}`;
    const isNew = effects.some((each) => each.kind === 'manifest' && each.digest === after?.digest);
    return `${isNew ? 'pushed' : 'tagged'} ${name}`;
  }
  if (after === undefined) return `deleted ${name}`;
  if (before.digest !== after.digest) {
    if (imported === true) return `moved ${name} by an import`;
    return `moved ${name}${after.restoredAt === undefined ? '' : ' back'}`;
  }
  if (before.protected !== after.protected) {
    return `${after.protected === true ? 'protected' : 'unprotected'} ${name}`;
  }
  return `set when ${name} expires`;
}

/** The beginning of a digest is enough to tell it. */
function shortened(reference: string): string {
  const at = reference.indexOf('@');
  return at === -1 ? reference : reference.slice(0, at + 20);
}

function contentSummary(
  { kind, repository, digest, is, imported }: ContentEffect,
  { undoOf }: Change,
): string {
  const name = `${repository}@${digest.slice(0, 19)}`;
  if (kind === 'blob') return `${is === 'added' ? 'restored' : 'deleted'} blob ${name}`;
  if (is === 'deleted') return `deleted ${name}`;
  if (undoOf !== undefined) return `restored ${name}`;
  return `${imported === true ? 'imported' : 'pushed'} ${name}`;
}

/** @throws RegistryError REQUEST_INVALID */
export function parseRestorePoint(text: string): Digest | number {
  if (isDigest(text)) return text;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new RegistryError(
    'REQUEST_INVALID',
    `${JSON.stringify(text.slice(0, 100))} is neither a digest nor a time (ISO 8601).`,
  );
}
