import type { Catalog } from '../catalog/catalog.ts';
import type { Change, Effect, RepositoryEffect } from '../catalog/history.ts';
import { RegistryError } from '../error.ts';
import { refuseProtected } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import type { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';

type Rules = Pick<Store, 'ledger' | 'settings'>;

/** Of the largest changes only so much is looked at, to say beforehand whether they can be undone. */
const MOST_STEPS = 500;

/**
 * Why a change cannot be taken back as things are, as far as that is known without trying.
 *
 * @returns undefined if nothing is in its way
 */
export async function findRefusal(store: Rules, change: Change, pace: Pace): Promise<string | undefined> {
  try {
    let count = 0;
    for (const _ of undoChecks(store, change)) {
      await pace.rest();
      if (++count === MOST_STEPS) return undefined;
    }
    const { catalog } = store.ledger;
    return change.effects.every((each) => isLeftAlone(catalog, each))
      ? nothingLeft(change).message
      : undefined;
  } catch (error) {
    if (error instanceof RegistryError) return error.message;
    throw error;
  }
}

/**
 * Looks whether everything is still as the change left it, in small steps.
 *
 * @throws RegistryError CONFLICT if something else has changed the same since, or if it was reclaimed; TAG_PROTECTED
 */
export function* undoChecks(store: Rules, { effects }: Change): Generator<unknown, void, undefined> {
  for (const effect of effects) {
    if (effect.kind === 'repository') yield* checkRepository(store, effect);
    else if (effect.kind === 'tag') checkTag(store, effect);
    else if (effect.is === 'deleted') requireContent(store.ledger.catalog, effect);
    yield;
  }
}

function* checkRepository(
  store: Rules,
  { repository: name, is, tags, manifests, blobs }: RepositoryEffect,
): Generator<unknown, void, undefined> {
  const { catalog } = store.ledger;
  for (const [tag, { digest }] of tags) {
    const live = catalog.findRepository(name);
    if (live?.tags.get(tag)?.digest !== (is === 'added' ? digest : undefined)) throw movedOn(name, tag);
    if (live !== undefined) refuseProtected(store, live, [tag]);
    yield;
  }
  if (is === 'added') return;
  for (const digest of manifests) {
    yield requireContent(catalog, { kind: 'manifest', repository: name, digest });
  }
  for (const digest of blobs) yield requireContent(catalog, { kind: 'blob', repository: name, digest });
}

function checkTag(store: Rules, effect: Extract<Effect, { kind: 'tag' }>): void {
  const { catalog } = store.ledger;
  const { repository: name, tag, before, after } = effect;
  const repository = catalog.findRepository(name);
  const now = repository?.tags.get(tag);
  if (now?.digest !== after?.digest) throw movedOn(name, tag);
  const wasProtected = before?.protected === true;
  const isThisWhatProtects = after?.protected === true && !wasProtected;
  const onlyProtects = wasProtected && now?.digest === before.digest && now.expiresAt === before.expiresAt;
  if (!isThisWhatProtects && !onlyProtects && repository !== undefined) {
    refuseProtected(store, repository, [tag]);
  }
  if (before === undefined || now?.digest === before.digest) return;
  requireContent(catalog, { kind: 'manifest', repository: name, digest: before.digest });
}

/** @throws RegistryError CONFLICT if it is neither here nor in the trash */
export function requireContent(
  catalog: Catalog,
  { kind, repository, digest }: { kind: 'manifest' | 'blob'; repository: string; digest: Digest },
): void {
  const list = kind === 'manifest' ? 'manifests' : 'blobs';
  if (catalog.findRepository(repository)?.[list].has(digest) === true) return;
  if (catalog.trash.of(repository)[list].has(digest)) return;
  throw conflict(`${repository}@${digest} was reclaimed, and cannot be put back. Push it again.`);
}

/** A manifest that came and is gone, or that a tag or an index needs by now; a blob that a manifest needs by now. */
function isLeftAlone(catalog: Catalog, effect: Effect): boolean {
  if ((effect.kind !== 'manifest' && effect.kind !== 'blob') || effect.is === 'deleted') return false;
  const repository = catalog.findRepository(effect.repository);
  if (effect.kind === 'blob') return repository?.isUsed(effect.digest) === true;
  if (repository?.manifests.has(effect.digest) !== true) return true;
  return repository.isTagged(effect.digest) || repository.isListed(effect.digest);
}

export function nothingLeft({ seq }: Pick<Change, 'seq'>): RegistryError {
  return conflict(`Nothing of change ${seq} is left to be undone.`);
}

function movedOn(name: string, tag: string): RegistryError {
  return conflict(
    `${name}:${tag} was changed again since. Use "berth history ${name}:${tag}" and "berth restore" to choose a state.`,
  );
}

export function conflict(message: string): RegistryError {
  return new RegistryError('CONFLICT', message);
}
