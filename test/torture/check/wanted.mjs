import { indexesOf } from './folded.mjs';

const ATTACHES = /^(sha256|sha512)-([a-f0-9]{64,128})(\.(sig|att|sbom))?$/;

/**
 * The manifests that count: those with a tag, those that nobody ever tagged, and what belongs to either. The
 * others are in the trash, as docs/deletion.md says.
 *
 * @param {import('./folded.mjs').Folded} repository
 */
export function wantedOf(repository) {
  const { tags, manifests } = repository;
  const owners = new Map([...manifests.keys()].map((digest) => [digest, new Set()]));
  const named = new Set();
  for (const [tag, target] of tags) {
    const subject = subjectOf(repository, tag, target);
    if (subject === undefined) named.add(target.digest);
    else if (subject !== target.digest) owners.get(target.digest)?.add(subject);
  }
  for (const [digest, { subject }] of manifests) {
    for (const index of indexesOf(repository, digest)) owners.get(digest).add(index.digest);
    if (manifests.has(subject)) owners.get(digest).add(subject);
  }
  const wanted = new Set();
  for (const [digest, { untaggedAt }] of manifests) {
    const isFree = owners.get(digest).size === 0 && untaggedAt === undefined;
    if (named.has(digest) || isFree) wanted.add(digest);
  }
  for (let before = -1; before < wanted.size;) {
    before = wanted.size;
    for (const [digest, above] of owners) if ([...above].some((each) => wanted.has(each))) wanted.add(digest);
  }
  return [...wanted].map((digest) => manifests.get(digest));
}

/** What a tag only attaches something to; a protected one stands for itself. */
function subjectOf({ manifests }, tag, target) {
  const [, algorithm, hex] = ATTACHES.exec(tag) ?? [];
  if (algorithm === undefined || target.protected === true) return undefined;
  return [...manifests.keys()].find((digest) => digest.startsWith(`${algorithm}:${hex}`));
}
