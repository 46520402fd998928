import type { Operation } from '../catalog/operation.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { RegistryError } from '../error.ts';
import { attachmentTags } from '../images/attachments.ts';
import { unknownManifest } from '../images/manifests.ts';
import { isProtected, protectedTag } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import type { Actor } from '../journal/record.ts';
import { isDigest, type Digest } from '../reference.ts';
import { deleteRepository, planDeletion, type Deleted } from './deletion.ts';
import { tagsAbove } from './reach.ts';
import { Usage } from './usage.ts';

/** What somebody wants deleted. */
export interface Target {
  readonly repository: string;
  /** A tag, which goes alone, or the digest of a manifest; the whole repository if absent. */
  readonly reference: string | undefined;
}

export interface TagName {
  readonly repository: string;
  readonly tag: string;
}

export interface DeletionsPlan {
  readonly operations: readonly Operation[];
  /** Of both: those that were asked for, and those of manifests that go. */
  readonly tags: readonly (TagName & { readonly digest: Digest })[];
  /** Manifests that the record deletes. */
  readonly deleted: readonly Manifest[];
  /** Those, and what nothing leads to any more without the tags. */
  readonly going: ReadonlySet<Manifest>;
  /** Tags that only attach something to what goes. */
  readonly attached: readonly TagName[];
  /** What a reclaim frees of it, once none of it can be restored any more. */
  readonly bytes: number;
  readonly refused: readonly { readonly target: Target; readonly error: RegistryError }[];
}

/** What deleting several things at once would do, computed without touching anything. */
export function planDeletions(store: Store, targets: readonly Target[]): DeletionsPlan {
  const usage = new Usage(store.ledger.catalog);
  const plans = new Map<string, RepositoryPlan>();
  const refused: { target: Target; error: RegistryError }[] = [];
  for (const target of targets) {
    const { repository: name, reference } = target;
    const repository = store.ledger.catalog.findRepository(name);
    if (repository === undefined) {
      const error = new RegistryError('NAME_UNKNOWN', `There is no repository ${name}.`, {
        detail: { name },
      });
      refused.push({ target, error });
      continue;
    }
    const plan = plans.get(name) ?? new RepositoryPlan(store, repository);
    plans.set(name, plan);
    const error = plan.add(reference);
    if (error !== undefined) refused.push({ target, error });
  }
  const parts = [...plans.values()].map((plan) => plan.finish(usage));
  const going = new Set(parts.flatMap((part) => [...part.going]));
  const links = parts.reduce((sum, part) => sum + part.linkBytes, 0);
  return {
    operations: parts.flatMap(({ operations }) => operations),
    tags: parts.flatMap(({ tags }) => tags),
    deleted: parts.flatMap(({ deleted }) => deleted),
    attached: parts.flatMap(({ attached }) => attached),
    going,
    bytes: usage.bytesOnlyOf(going) + links,
    refused,
  };
}

/**
 * Deletes all of it in one record, which one undo takes back, or nothing.
 *
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN, TAG_PROTECTED for the first that cannot be deleted
 */
export async function deleteTargets(
  store: Store,
  targets: readonly Target[],
  actor: Actor,
): Promise<Deleted> {
  const [target, ...others] = targets;
  // However large it is: one operation says it all.
  if (target !== undefined && target.reference === undefined && others.length === 0) {
    return await deleteRepository(store, target.repository, actor);
  }
  const repositories = new Set(targets.map(({ repository }) => repository));
  let counts = { tags: 0, manifests: 0 };
  const decide = (): readonly Operation[] => {
    const { operations, tags, deleted, refused } = planDeletions(store, targets);
    const [first] = refused;
    if (first !== undefined) throw first.error;
    for (const { repository, digest } of deleted) store.leases.revoke(repository, digest);
    counts = { tags: tags.length, manifests: deleted.length };
    return operations;
  };
  const dependsOn = (operation: Operation): boolean =>
    'repository' in operation && repositories.has(operation.repository);
  const record = await store.ledger.decide(actor, { dependsOn, decide });
  return { change: record?.seq ?? null, ...counts };
}

type Part = Omit<DeletionsPlan, 'bytes' | 'refused'> & { readonly linkBytes: number };

/** What goes of one repository. */
class RepositoryPlan {
  readonly #store: Store;
  readonly #repository: Repository;
  readonly #tags = new Set<string>();
  readonly #digests = new Set<Digest>();
  #isWhole = false;

  constructor(store: Store, repository: Repository) {
    this.#store = store;
    this.#repository = repository;
  }

  /** @returns why it cannot be deleted, and then it stays */
  add(reference: string | undefined): RegistryError | undefined {
    const refusal = this.#findRefusal(reference);
    if (refusal !== undefined) return refusal;
    if (reference === undefined) this.#isWhole = true;
    else if (isDigest(reference)) this.#digests.add(reference);
    else this.#tags.add(reference);
    return undefined;
  }

  finish(usage: Usage): Part {
    return this.#isWhole ? this.#wholePart(usage) : this.#part(usage);
  }

  #wholePart(usage: Usage): Part {
    const { name, manifests, blobs, tags, unusedSince } = this.#repository;
    const going = new Set(manifests.values());
    const { content } = this.#store.ledger.catalog;
    const links = [...unusedSince.keys()].filter((digest) => !usage.hasOtherUser(digest, going));
    return {
      operations: [
        ...Array.from(manifests.keys(), (digest): Operation => ({
          op: 'manifest.delete',
          repository: name,
          digest,
        })),
        ...Array.from(blobs.keys(), (digest): Operation => ({ op: 'blob.unlink', repository: name, digest })),
      ],
      tags: this.#named(tags.keys()),
      deleted: [...going],
      going,
      attached: [],
      linkBytes: links.reduce((sum, digest) => sum + content.sizeOf(digest), 0),
    };
  }

  #part(usage: Usage): Part {
    const repository = this.#repository;
    const { name } = repository;
    const planned = planDeletion(this.#store, repository, [...this.#digests]);
    const alone = [...this.#tags].filter((tag) => !planned.tags.has(tag));
    const tags = new Set([...alone, ...planned.tags]);
    const going = usage.goingWithAll(repository, tags, planned.manifests);
    const attached = [...going].flatMap(({ digest }) => attachmentTags(repository, digest));
    return {
      operations: [
        ...alone.map((tag): Operation => ({ op: 'tag.delete', repository: name, tag })),
        ...planned.operations,
      ],
      tags: this.#named(tags),
      deleted: planned.manifests,
      going,
      attached: [...new Set(attached)]
        .filter((tag) => !this.#tags.has(tag))
        .map((tag) => ({ repository: name, tag })),
      linkBytes: 0,
    };
  }

  #named(tags: Iterable<string>): DeletionsPlan['tags'][number][] {
    const { name, tags: present } = this.#repository;
    return [...tags].flatMap((tag) => {
      const digest = present.get(tag)?.digest;
      return digest === undefined ? [] : [{ repository: name, tag, digest }];
    });
  }

  #findRefusal(reference: string | undefined): RegistryError | undefined {
    const { name, manifests, tags } = this.#repository;
    if (reference === undefined) return this.#findProtected(tags.keys());
    if (!isDigest(reference)) {
      return tags.has(reference) ? this.#findProtected([reference]) : unknownManifest(name, reference);
    }
    if (!manifests.has(reference)) return unknownManifest(name, reference);
    const { tags: going } = planDeletion(this.#store, this.#repository, [reference]);
    return this.#findProtected([...going, ...tagsAbove(this.#repository, reference)]);
  }

  #findProtected(tags: Iterable<string>): RegistryError | undefined {
    const repository = this.#repository;
    for (const tag of tags) {
      if (isProtected(this.#store, repository, tag)) return protectedTag(this.#store, repository, tag);
    }
    return undefined;
  }
}
