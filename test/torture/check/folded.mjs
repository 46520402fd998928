/**
 * One repository as the journal's operations make it; times in milliseconds since 1970.
 *
 * @typedef {object} Folded
 * @property {Map<string, FoldedTag>} tags
 * @property {Map<string, any>} manifests as `manifest.put` has them, with `pushedAt`, `pulledAt`, `restoredAt`
 *   and `untaggedAt`
 * @property {Map<string, { size: number, unusedSince?: number }>} blobs
 * @property {Map<string, { manifest: any, deletedAt: number }>} trash deleted manifests
 * @property {Map<string, { size: number, deletedAt: number }>} hidden deleted links
 *
 * @typedef {{ digest: string, pushedAt: number, protected?: true, expiresAt?: number, restoredAt?: number }} FoldedTag
 */

/** Descriptors of all that a manifest names but other manifests. */
export function contentOf({ config, layers = [] }) {
  return config === undefined ? layers : [config, ...layers];
}

export function tagsOf({ tags }, digest) {
  return [...tags].filter(([, target]) => target.digest === digest).map(([tag]) => tag);
}

export function indexesOf({ manifests }, digest) {
  return [...manifests.values()].filter((each) => each.manifests?.some((child) => child.digest === digest));
}

export function put(repository, manifest, time) {
  const { manifests, blobs } = repository;
  manifests.set(manifest.digest, manifest);
  const absent = new Set(manifest.absent);
  for (const { digest, size } of contentOf(manifest)) {
    if (blobs.has(digest)) delete blobs.get(digest).unusedSince;
    else if (!absent.has(digest)) link(repository, digest, size, time);
  }
}

/** Out of the trash, if it was there. A blob that no manifest names notes since when. */
export function link(repository, digest, size, time) {
  repository.hidden.delete(digest);
  repository.blobs.set(digest, isNamed(repository, digest) ? { size } : { size, unusedSince: time });
}

export function isNamed({ manifests }, blob) {
  return [...manifests.values()].some((each) => contentOf(each).some(({ digest }) => digest === blob));
}

export function folded(state, name) {
  let repository = state.repositories.get(name);
  if (repository === undefined) {
    repository = {
      name,
      tags: new Map(),
      manifests: new Map(),
      blobs: new Map(),
      trash: new Map(),
      hidden: new Map(),
    };
    state.repositories.set(name, repository);
  }
  return repository;
}

/** Without the members that are undefined. */
export function given(members) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
