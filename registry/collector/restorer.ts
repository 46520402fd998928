import type { Catalog } from '../catalog/catalog.ts';
import { MultiMap } from '../catalog/multi-map.ts';
import type { Operation } from '../catalog/operation.ts';
import type { Tag } from '../catalog/repository.ts';
import { attachmentTagsOf } from '../images/attachments.ts';
import type { Digest } from '../reference.ts';

/**
 * What goes back along with a manifest that was deleted: if it is an index its platforms at any depth, and what was
 * attached when it was deleted. One instance is for one moment, and looks through a trash only once.
 */
export class Restorer {
  readonly #catalog: Catalog;
  readonly #referrers = new Map<string, MultiMap<Digest, Digest>>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Points a tag at a manifest that is here or in the trash. */
  moveTag(
    repository: string,
    tag: string,
    { digest, pushedAt }: Pick<Tag, 'digest' | 'pushedAt'>,
  ): Operation[] {
    const put: Operation = { op: 'tag.put', repository, tag, digest, pushedAt };
    return [...this.#restore(repository, this.#goingWith(repository, digest)), put];
  }

  /** What was deleted without a tag to go back to, with what went along. */
  restoreManifest(repository: string, digest: Digest): Operation[] {
    return this.#restore(repository, this.#goingWith(repository, digest));
  }

  /** The same as `moveTag`, with the tags by which clients that know no referrers API had attached things to it. */
  moveTagWithAttached(
    repository: string,
    tag: string,
    target: Pick<Tag, 'digest' | 'pushedAt'>,
  ): Operation[] {
    const digests = this.#goingWith(repository, target.digest);
    const tags = new Map([[tag, target]]);
    // Sets hand out what is added to them while they are walked.
    for (const digest of digests) {
      for (const [name, attached] of this.#attachedTo(repository, digest)) {
        if (tags.has(name)) continue;
        tags.set(name, attached);
        for (const each of this.#goingWith(repository, attached.digest)) digests.add(each);
      }
    }
    const puts = [...tags].map(([name, { digest, pushedAt }]): Operation => ({
      op: 'tag.put',
      repository,
      tag: name,
      digest,
      pushedAt,
    }));
    return [...this.#restore(repository, digests), ...puts];
  }

  #restore(repository: string, digests: Iterable<Digest>): Operation[] {
    const { manifests } = this.#catalog.trash.of(repository);
    return [...digests]
      .filter((digest) => manifests.has(digest))
      .map((digest): Operation => ({ op: 'manifest.restore', repository, digest }));
  }

  #goingWith(repository: string, root: Digest): Set<Digest> {
    const { manifests: trashed } = this.#catalog.trash.of(repository);
    const live = this.#catalog.findRepository(repository)?.manifests;
    const deletedAt = trashed.get(root)?.deletedAt;
    const digests = new Set([root]);
    for (const digest of digests) {
      const manifest = live?.get(digest) ?? trashed.get(digest)?.manifest;
      for (const child of manifest?.manifests ?? []) digests.add(child.digest);
      if (deletedAt === undefined) continue;
      for (const referrer of this.#referrersIn(repository).get(digest)) {
        if (trashed.get(referrer)?.deletedAt === deletedAt) digests.add(referrer);
      }
    }
    return digests;
  }

  #referrersIn(repository: string): MultiMap<Digest, Digest> {
    let referrers = this.#referrers.get(repository);
    if (referrers === undefined) {
      referrers = new MultiMap();
      this.#referrers.set(repository, referrers);
      for (const [digest, { manifest }] of this.#catalog.trash.of(repository).manifests) {
        if (manifest.subject !== undefined) referrers.add(manifest.subject, digest);
      }
    }
    return referrers;
  }

  /** Tags that went when the subject did, and are not there again. */
  *#attachedTo(
    repository: string,
    subject: Digest,
  ): Iterable<[tag: string, target: Pick<Tag, 'digest' | 'pushedAt'>]> {
    const { history, trash } = this.#catalog;
    const { manifests } = trash.of(repository);
    const deletedAt = manifests.get(subject)?.deletedAt;
    for (const tag of deletedAt === undefined ? [] : attachmentTagsOf(subject)) {
      const events = history.timeline(repository, tag);
      const last = events.at(-1);
      const digest = last?.digest === undefined && last?.time === deletedAt ? last?.previous : undefined;
      const isHere = digest !== undefined && this.#catalog.findRepository(repository)?.manifests.has(digest);
      if (digest === undefined || (isHere !== true && !manifests.has(digest))) continue;
      const pushedAt = history.findPush(repository, tag, digest)?.time ?? last?.time ?? 0;
      yield [tag, { digest, pushedAt }];
    }
  }
}

/** A manifest may be put back for itself and for its tag: once is enough. */
export function distinct(operations: readonly Operation[]): Operation[] {
  const seen = new Set<string>();
  return operations.filter((each) => {
    const key = JSON.stringify(each);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
