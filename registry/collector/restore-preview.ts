import type { Store } from '../images/store.ts';
import type { Digest } from '../reference.ts';
import { planRestore, type RestorePoint } from './undo.ts';

/** A place of a tag in its timeline. */
export interface TagPlace {
  readonly digest: Digest;
  /** Milliseconds since 1970. */
  readonly pushedAt: number;
  /** Bytes of all that it leads to; undefined if nobody noted it. */
  readonly size: number | undefined;
}

export interface RestorePreview {
  /** Undefined if the tag is gone. */
  readonly from: TagPlace | undefined;
  readonly to: TagPlace;
  /** Whether something still leads to where the tag points now. */
  readonly isStillHeld: boolean;
  /** Manifests that come back from the trash. */
  readonly restored: number;
  /** Tags that come back along, because they attach something to it. */
  readonly attached: readonly string[];
}

/**
 * What `restore` would change, for people to look at before.
 *
 * @throws as `planRestore`
 */
export function previewRestore(
  store: Pick<Store, 'ledger' | 'settings'>,
  point: RestorePoint,
): RestorePreview {
  const { catalog } = store.ledger;
  const { repository: name, tag } = point;
  const { digest, operations } = planRestore(store, point);
  const repository = catalog.findRepository(name);
  const event = catalog.history.timeline(name, tag).findLast((each) => each.digest === digest);
  const present = repository?.tags.get(tag);
  const left = present?.digest;
  return {
    from: present && { ...present, size: repository?.sizeOf(present.digest) },
    to: { digest, pushedAt: event?.time ?? Date.now(), size: event?.size },
    isStillHeld:
      left === undefined ||
      repository?.isListed(left) === true ||
      [...(repository?.tagsOf(left) ?? [])].some((each) => each !== tag),
    restored: operations.filter(({ op }) => op === 'manifest.restore').length,
    attached: operations.flatMap((each) => (each.op === 'tag.put' && each.tag !== tag ? [each.tag] : [])),
  };
}
