import { indexesOf, isNamed, link, put, tagsOf } from './folded.mjs';
import { noteMove } from './timelines.mjs';

/**
 * What one record deleted or restored of a repository.
 *
 * @typedef {object} Whole
 * @property {string} repository
 * @property {'added' | 'deleted'} is
 * @property {[string, import('./folded.mjs').FoldedTag][]} tags
 * @property {string[]} manifests
 * @property {string[]} blobs
 */

/** Everything, or what a record restored as far as it is still so. */
export function deleteWhole(repository, { change }, place) {
  const { name, tags, manifests, blobs, trash, hidden } = repository;
  const { seq, time, state } = place;
  const all = { tags: [...tags], manifests: [...manifests.keys()], blobs: [...blobs.keys()] };
  const list = change === undefined ? all : find(state, change, name, 'added');
  if (list === undefined || list.tags.some(([tag]) => tags.get(tag)?.protected === true)) return;

  const goingTags = list.tags.flatMap(([tag, { digest }]) =>
    tags.get(tag)?.digest === digest ? [[tag, tags.get(tag)]] : [],
  );
  const tagged = new Set([...tags.values()].map(({ digest }) => digest));
  const listed = new Set([...manifests.keys()].filter((each) => indexesOf(repository, each).length > 0));
  for (const [tag, { digest }] of goingTags) {
    tags.delete(tag);
    noteMove(state, name, tag, { seq, time, previous: digest });
  }

  const going = new Set(list.manifests.filter((each) => manifests.has(each)));
  const seen = new Set();
  const stay = (digest) => {
    if (seen.has(digest)) return;
    seen.add(digest);
    going.delete(digest);
    for (const child of manifests.get(digest)?.manifests ?? []) stay(child.digest);
  };
  for (const digest of manifests.keys()) {
    if (!going.has(digest) || tagsOf(repository, digest).length > 0) stay(digest);
  }

  const gone = all.manifests.filter((each) => going.has(each));
  for (const digest of gone) {
    const manifest = manifests.get(digest);
    manifests.delete(digest);
    const untagged = tagged.has(digest) ? { untaggedAt: time } : {};
    trash.set(digest, { manifest: { ...manifest, ...untagged }, deletedAt: time });
  }
  for (const [digest, manifest] of manifests) {
    if (tagsOf(repository, digest).length > 0) continue;
    const hasLostIndex = listed.has(digest) && indexesOf(repository, digest).length === 0;
    if (tagged.has(digest) || hasLostIndex) manifest.untaggedAt = time;
  }

  const wanted = new Set(list.blobs);
  const hide = all.blobs.filter((each) => wanted.has(each) && !isNamed(repository, each));
  for (const digest of hide) {
    hidden.set(digest, { size: blobs.get(digest).size, deletedAt: time });
    blobs.delete(digest);
  }
  for (const [digest, each] of blobs) if (!isNamed(repository, digest)) each.unusedSince ??= 0;
  note(state, seq, { repository: name, is: 'deleted', tags: goingTags, manifests: gone, blobs: hide });
}

/** What a record deleted, but for what has taken its place. */
export function restoreWhole(repository, { change }, { seq, time, state }) {
  const { name, tags, trash, hidden } = repository;
  const list = find(state, change, name, 'deleted');
  if (list === undefined) return;
  const free = list.tags.filter(([tag]) => !tags.has(tag));
  const willBeTagged = new Set(free.map(([, { digest }]) => digest));

  const manifests = list.manifests.filter((each) => trash.has(each));
  for (const digest of manifests) {
    const { untaggedAt, ...plain } = trash.get(digest).manifest;
    trash.delete(digest);
    const untagged = untaggedAt === undefined || willBeTagged.has(digest) ? {} : { untaggedAt: time };
    put(repository, { ...plain, ...untagged, restoredAt: time }, time);
  }
  const blobs = list.blobs.filter((each) => hidden.has(each));
  for (const digest of blobs) {
    link(repository, digest, hidden.get(digest).size, time);
    hidden.delete(digest);
  }
  const restored = free.filter(([, { digest }]) => repository.manifests.has(digest));
  for (const [tag, target] of restored) {
    tags.set(tag, { ...target, restoredAt: time });
    noteMove(state, name, tag, { seq, time, digest: target.digest });
    delete repository.manifests.get(target.digest).untaggedAt;
  }
  note(state, seq, { repository: name, is: 'added', tags: restored, manifests, blobs });
}

/** @returns {Whole | undefined} */
function find({ wholes }, change, repository, is) {
  const whole = wholes.get(change);
  return whole?.repository === repository && whole.is === is ? whole : undefined;
}

function note({ wholes }, seq, whole) {
  if (whole.tags.length + whole.manifests.length + whole.blobs.length === 0) return;
  wholes.set(seq, { ...whole, tags: whole.tags.map(([tag, target]) => [tag, { ...target }]) });
}
