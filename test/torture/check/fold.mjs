import { Violation } from '../protocol.mjs';
import { contentOf, folded, given, indexesOf, isNamed, link, put, tagsOf } from './folded.mjs';
import { trimTimelines, noteMove } from './timelines.mjs';
import { deleteWhole, restoreWhole } from './whole-repository.mjs';

/**
 * @typedef {import('./folded.mjs').Folded} Folded
 * @typedef {import('./folded.mjs').FoldedTag} FoldedTag
 *
 * @typedef {object} State
 * @property {Map<string, Folded>} repositories
 * @property {import('./timelines.mjs').Timelines} timelines
 * @property {Map<number, import('./whole-repository.mjs').Whole>} wholes by record: what was deleted or restored whole
 */

/**
 * What docs/journal.md says that an operation does.
 *
 * @param {State} state
 * @param {any} operation
 * @param {{ seq: number, time: number }} record
 */
export function fold(state, operation, record) {
  switch (operation.op) {
    case 'undo':
      return;
    case 'history.trim':
      trimTimelines(state, operation.before);
      return;
    case 'observed':
      for (const [name, digest, pulledAt] of operation.pulls) {
        const manifest = state.repositories.get(name)?.manifests.get(digest);
        if (manifest !== undefined) manifest.pulledAt = pulledAt;
      }
      return;
  }
  const deed = DEEDS[operation.op];
  if (deed === undefined) throw new Violation(`docs/journal.md knows no operation ${operation.op}`);
  deed(folded(state, operation.repository), operation, { ...record, state });
}

const DEEDS = {
  'blob.link': (repository, { digest, size }, { time }) => {
    link(repository, digest, size, time);
  },
  'blob.unlink': ({ blobs, hidden }, { digest }, { time }) => {
    if (!blobs.has(digest)) return;
    hidden.set(digest, { size: blobs.get(digest).size, deletedAt: time });
    blobs.delete(digest);
  },
  'blob.restore': (repository, { digest }, { time }) => {
    const hidden = repository.hidden.get(digest);
    if (hidden === undefined) return;
    link(repository, digest, hidden.size, time);
  },
  'manifest.put': (repository, { manifest }, { time }) => {
    const { pulledAt, untaggedAt } = repository.manifests.get(manifest.digest) ?? {};
    repository.trash.delete(manifest.digest);
    put(repository, { ...manifest, ...given({ pulledAt, untaggedAt }), pushedAt: time }, time);
  },
  'manifest.delete': (repository, { digest, before }, place) => {
    const { manifests, trash } = repository;
    const manifest = manifests.get(digest);
    if (manifest === undefined) return;
    if (before !== undefined && isWanted(repository, manifest, before)) return;
    for (const tag of tagsOf(repository, digest)) moveTag(repository, tag, undefined, place);
    removeManifest(repository, digest, place.time);
    trash.set(digest, { manifest, deletedAt: place.time });
  },
  'manifest.restore': (repository, { digest }, { time }) => {
    const trashed = repository.trash.get(digest);
    if (trashed === undefined) return;
    repository.trash.delete(digest);
    const { untaggedAt } = trashed.manifest;
    const since = untaggedAt === undefined ? {} : { untaggedAt: time };
    // It keeps the time at which it was pushed.
    put(repository, { ...trashed.manifest, ...since, restoredAt: time }, time);
  },
  'tag.put': (repository, { tag, digest, expiresAt, pushedAt }, place) => {
    if (!repository.manifests.has(digest)) return;
    const { restoredAt: _, ...kept } = repository.tags.get(tag) ?? {};
    const restored = pushedAt === undefined ? {} : { restoredAt: place.time };
    const after = { ...kept, ...given({ expiresAt }), digest, pushedAt: pushedAt ?? place.time, ...restored };
    moveTag(repository, tag, after, place);
  },
  'tag.delete': (repository, { tag, before }, place) => {
    const present = repository.tags.get(tag);
    if (present === undefined) return;
    if (before !== undefined && (present.protected === true || touchedAt(present) > before)) return;
    moveTag(repository, tag, undefined, place);
  },
  'tag.set': ({ tags }, { tag, protected: isProtected, expiresAt }) => {
    const present = tags.get(tag);
    if (present === undefined) return;
    if (isProtected === true) present.protected = true;
    if (isProtected === false) delete present.protected;
    if (expiresAt === null) delete present.expiresAt;
    else if (expiresAt !== undefined) present.expiresAt = expiresAt;
  },
  'repository.delete': deleteWhole,
  'repository.restore': restoreWhole,
  drop,
};

/** What stands in the repository by itself is not dropped, nor what is younger than the operation says. */
function drop(repository, operation, place) {
  const { tags, manifests, blobs, trash, hidden } = repository;
  for (const digest of operation.trash) {
    if (trash.get(digest)?.deletedAt <= operation.before) trash.delete(digest);
  }
  for (const digest of operation.manifests) {
    const manifest = manifests.get(digest);
    if (manifest === undefined) continue;
    if (Math.max(manifest.pushedAt, manifest.untaggedAt ?? 0) > operation.before) continue;
    // A tag that attaches it to a subject goes with that, unless it has been moved meanwhile.
    for (const [tag, subject] of operation.attached) {
      const present = tags.get(tag);
      if (present?.digest !== digest || present.protected === true || manifests.has(subject)) continue;
      moveTag(repository, tag, undefined, place);
    }
    const isHeld = tagsOf(repository, digest).length > 0 || indexesOf(repository, digest).length > 0;
    if (!isHeld && !manifests.has(manifest.subject)) removeManifest(repository, digest, operation.before);
  }
  for (const digest of operation.blobs) {
    if (hidden.get(digest)?.deletedAt <= operation.before) hidden.delete(digest);
    if (blobs.get(digest)?.unusedSince <= operation.before) blobs.delete(digest);
  }
}

/** Whether somebody has pushed, tagged, listed or protected a manifest since. */
function isWanted(repository, { digest, pushedAt }, time) {
  const tags = tagsOf(repository, digest).map((name) => repository.tags.get(name));
  if (tags.some((tag) => tag.protected === true)) return true;
  const times = [...tags.map(touchedAt), ...indexesOf(repository, digest).map((index) => index.pushedAt)];
  return Math.max(pushedAt, ...times) > time;
}

function touchedAt({ pushedAt, restoredAt = 0 }) {
  return Math.max(pushedAt, restoredAt);
}

/** Notes when a manifest loses its last tag. @param {FoldedTag | undefined} after */
function moveTag(repository, tag, after, { seq, time, state }) {
  const { tags, manifests, name } = repository;
  const before = tags.get(tag)?.digest;
  if (after === undefined) tags.delete(tag);
  else tags.set(tag, after);
  if (after !== undefined) delete manifests.get(after.digest).untaggedAt;
  if (before === after?.digest) return;
  noteMove(state, name, tag, { seq, time, digest: after?.digest, previous: before });
  if (before === undefined || tagsOf(repository, before).length > 0) return;
  if (manifests.has(before)) manifests.get(before).untaggedAt = time;
}

/** Blobs that it leaves behind have waited long enough; platforms are untagged since `time`. */
function removeManifest(repository, digest, time) {
  const manifest = repository.manifests.get(digest);
  repository.manifests.delete(digest);
  for (const { digest: blob } of contentOf(manifest)) {
    if (repository.blobs.has(blob) && !isNamed(repository, blob)) repository.blobs.get(blob).unusedSince = 0;
  }
  for (const { digest: child } of manifest.manifests ?? []) {
    const isHeld = tagsOf(repository, child).length > 0 || indexesOf(repository, child).length > 0;
    if (!isHeld && repository.manifests.has(child)) repository.manifests.get(child).untaggedAt = time;
  }
}
