import { isAbout } from '../catalog/dependence.ts';
import type { Operation } from '../catalog/operation.ts';
import { RegistryError } from '../error.ts';
import { refuseProtected } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import type { Actor } from '../journal/record.ts';
import type { Digest } from '../reference.ts';
import { distinct, Restorer } from './restorer.ts';
import { listTrash } from './trashed-images.ts';

/**
 * Takes an image out of the trash, with the tags that it had when it came there, wherever they point by now.
 *
 * @throws RegistryError CONFLICT if it is not in the trash, or only lacks a tag and never had one; TAG_PROTECTED
 */
export async function putBack(
  store: Store,
  name: string,
  digest: Digest,
  actor: Actor,
): Promise<{ change: number; digest: Digest; tags: readonly string[] }> {
  const { catalog } = store.ledger;
  const trashed = (await listTrash(store, name)).find(({ manifest }) => manifest.digest === digest);
  if (trashed === undefined) throw notInTrash(name, digest);
  const { tags } = trashed;
  const decide = (): Operation[] => {
    const live = catalog.findRepository(name);
    const isLive = live?.manifests.has(digest) === true;
    if (!isLive && !catalog.trash.of(name).manifests.has(digest)) throw notInTrash(name, digest);
    if (isLive && tags.length === 0) throw hadNoTag(name, digest);
    if (live !== undefined) refuseProtected(store, live, tags);
    const restorer = new Restorer(catalog);
    if (tags.length === 0) return restorer.restoreManifest(name, digest);
    return distinct(
      tags.flatMap((tag) => {
        const pushed = catalog.history.findPush(name, tag, digest);
        return restorer.moveTagWithAttached(name, tag, { digest, pushedAt: pushed?.time ?? Date.now() });
      }),
    );
  };
  const record = await store.ledger.decide(actor, {
    dependsOn: (operation) => isAbout(operation, name),
    decide,
  });
  if (record === undefined) throw notInTrash(name, digest);
  return { change: record.seq, digest, tags };
}

function notInTrash(name: string, digest: Digest): RegistryError {
  return new RegistryError(
    'CONFLICT',
    `${name}@${digest} is not in the trash. "berth tags ${name} --trash" lists what is.`,
  );
}

function hadNoTag(name: string, digest: Digest): RegistryError {
  return new RegistryError(
    'CONFLICT',
    `${name}@${digest} had no tag that could be put back. Run "berth tag ${name}@${digest} ${name}:TAG" to give it one.`,
  );
}
