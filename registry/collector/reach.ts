import type { Manifest, Repository } from '../catalog/repository.ts';
import { attachmentTags, findSubjectOf, ownTags } from '../images/attachments.ts';
import type { Digest } from '../reference.ts';

/** Tags of the indexes, at any depth, that list a manifest: each of these images would lose a platform with it. */
export function* tagsAbove(repository: Repository, digest: Digest): Iterable<string> {
  const above = new Set<Manifest>();
  // Sets hand out what is added to them while they are walked.
  for (const index of repository.indexesOf(digest)) above.add(index);
  for (const { digest: each } of above) {
    yield* repository.tagsOf(each);
    for (const index of repository.indexesOf(each)) above.add(index);
  }
}

/**
 * Which manifests of a repository somebody still wants: those with a tag, those that nobody ever tagged, and
 * what belongs to either, as a platform of an index or attached to a subject. The others have lost their last
 * tag and wait for the undo window to end.
 *
 * Answers are remembered, so that an instance is for one moment only.
 */
export class Wanted {
  readonly #known = new Map<Manifest, boolean>();
  readonly #repository: (name: string) => Repository | undefined;
  readonly #isHeld: (repository: Repository, digest: Digest) => boolean;

  /** @param isHeld whether a manifest is wanted whatever else is said of it */
  constructor(
    repository: (name: string) => Repository | undefined,
    isHeld: (repository: Repository, digest: Digest) => boolean = () => false,
  ) {
    this.#repository = repository;
    this.#isHeld = isHeld;
  }

  has(manifest: Manifest): boolean {
    const known = this.#known.get(manifest);
    if (known !== undefined) return known;
    /** What it belongs to, and by what that was found. Indexes may be nested as deep as clients like. */
    const above = new Map<Manifest, Manifest | undefined>([[manifest, undefined]]);
    for (const [each] of above) {
      if (this.#known.get(each) ?? this.#isWantedForItself(each)) {
        for (let at: Manifest | undefined = each; at !== undefined; at = above.get(at))
          this.#known.set(at, true);
        return true;
      }
      for (const owner of this.#ownersOf(each)) if (!above.has(owner)) above.set(owner, each);
    }
    for (const each of above.keys()) this.#known.set(each, false);
    return false;
  }

  #isWantedForItself(manifest: Manifest): boolean {
    const repository = this.#repository(manifest.repository);
    if (repository === undefined) return false;
    if (ownTags(repository, manifest.digest).length > 0) return true;
    if (this.#isHeld(repository, manifest.digest)) return true;
    const [owner] = this.#ownersOf(manifest);
    return owner === undefined && manifest.untaggedAt === undefined;
  }

  /** Indexes that list it, and what it is attached to. */
  *#ownersOf(manifest: Manifest): Iterable<Manifest> {
    const { digest, subject } = manifest;
    const repository = this.#repository(manifest.repository);
    if (repository === undefined) return;
    for (const tag of repository.tagsOf(digest)) {
      const attachedTo = findSubjectOf(repository, tag);
      if (attachedTo !== undefined && attachedTo !== manifest) yield attachedTo;
    }
    yield* repository.indexesOf(digest);
    const subjectHere = subject === undefined ? undefined : repository.manifests.get(subject);
    if (subjectHere !== undefined) yield subjectHere;
  }
}

/** What else is known to go, where a deletion is planned in several steps. */
export interface Going {
  /** Manifests; more are added. */
  readonly manifests: Set<Manifest>;
  /** Whether a tag goes whose manifest may stay. */
  isTagGoing(tag: string): boolean;
  /** Whether what a manifest leads to need not stay for it; none if absent. */
  isLost?(manifest: Manifest): boolean;
}

/**
 * Manifests that go when some of a repository go: the platforms that only those indexes list, and what is
 * attached to them, for none of it is of use without them. What has a tag of its own stays, and so does
 * what `keep` names.
 *
 * @returns the given ones first, each followed by what goes along with it
 */
export function withWhatGoesAlong(
  repository: Repository,
  digests: Iterable<Digest>,
  keep: (digest: Digest) => boolean = () => false,
  going: Going = { manifests: new Set(), isTagGoing: () => false },
): Manifest[] {
  const found: Manifest[] = [];
  const add = (manifest: Manifest | undefined): void => {
    if (manifest === undefined || going.manifests.has(manifest)) return;
    going.manifests.add(manifest);
    found.push(manifest);
  };
  for (const digest of digests) add(repository.manifests.get(digest));
  // Arrays, too, hand out what is added to them while they are walked.
  for (const manifest of found) {
    for (const dependent of dependents(repository, manifest)) {
      if (!keep(dependent.digest) && !isNeeded(repository, dependent, going)) add(dependent);
    }
  }
  return found;
}

/** A manifest that nobody wants, and all below it that nobody wants either. */
export function unwantedBelow(repository: Repository, root: Manifest, wanted: Wanted): Manifest[] {
  const found = new Set([root]);
  // Sets hand out what is added to them while they are walked.
  for (const manifest of found) {
    for (const each of dependents(repository, manifest)) if (!wanted.has(each)) found.add(each);
  }
  return [...found];
}

function* dependents(repository: Repository, { digest, manifests = [] }: Manifest): Iterable<Manifest> {
  for (const child of manifests) {
    const manifest = repository.manifests.get(child.digest);
    if (manifest !== undefined) yield manifest;
  }
  yield* repository.referrers(digest);
  for (const tag of attachmentTags(repository, digest)) {
    const target = repository.tags.get(tag);
    const manifest = target === undefined ? undefined : repository.manifests.get(target.digest);
    if (manifest !== undefined) yield manifest;
  }
}

/** By anything but what goes. */
export function isNeeded(repository: Repository, { digest, subject }: Manifest, going: Going): boolean {
  const stays = (manifest: Manifest): boolean =>
    !going.manifests.has(manifest) && going.isLost?.(manifest) !== true;
  for (const tag of repository.tagsOf(digest)) {
    if (going.isTagGoing(tag)) continue;
    const attachedTo = findSubjectOf(repository, tag);
    if (attachedTo === undefined || stays(attachedTo)) return true;
  }
  for (const index of repository.indexesOf(digest)) if (stays(index)) return true;
  const subjectHere = subject === undefined ? undefined : repository.manifests.get(subject);
  return subjectHere !== undefined && stays(subjectHere);
}
