import type { Catalog } from '../catalog/catalog.ts';
import type { Manifest } from '../catalog/repository.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import type { RepositoryPlan } from './reclaim-plan.ts';

/** `blob`: nobody knows what it was, because no manifest that goes with it named it. */
export type ContentKind = 'manifest' | 'config' | 'layer' | 'blob';

/** Pulls need the same disk. */
const LOOKS_AT_ONCE = 8;

/**
 * Files that nothing needs: what a crash left between a file and its record. Where some manifest cannot be
 * read, nobody knows what it leads to; then none of them is called an orphan.
 */
export async function findOrphans(store: Store): Promise<{ orphans: Digest[]; problems: string[] }> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  const orphans: Digest[] = [];
  for await (const digest of store.blobs.list()) {
    if (!catalog.content.isNeeded(digest) && store.leases.find(digest) === 'free') orphans.push(digest);
    await pace.rest();
  }
  const manifests: Manifest[] = [];
  for (const repository of catalog.repositories.values()) {
    for (const manifest of repository.manifests.values()) manifests.push(manifest);
    await pace.rest();
  }
  const problems: string[] = [];
  for (let start = 0; start < manifests.length; start += LOOKS_AT_ONCE) {
    const found = await Promise.all(
      manifests.slice(start, start + LOOKS_AT_ONCE).map((manifest) => findProblem(store, manifest)),
    );
    problems.push(...found.filter((each) => each !== undefined));
    await pace.rest();
  }
  const isBlind = manifests.some(({ unreadable }) => unreadable);
  return { orphans: isBlind ? [] : orphans, problems };
}

async function findProblem(store: Store, manifest: Manifest): Promise<string | undefined> {
  if (manifest.unreadable === true) {
    return (
      `${nameOf(manifest)} cannot be read, so that nobody knows what it leads to. ` +
      'Push it again or delete it; until then files that nothing else explains stay.'
    );
  }
  const size = await store.blobs.findSize(manifest.digest);
  if (size === manifest.size) return undefined;
  const problem = size === undefined ? 'is missing on the disk' : 'is damaged on the disk';
  return `${nameOf(manifest)} ${problem}. What it names stays; push it again, or run "berth verify".`;
}

function nameOf({ repository, digest }: Manifest): string {
  return `${repository}@${digest}`;
}

/** What the content is that the plans would free. */
export async function findKinds(
  catalog: Catalog,
  plans: readonly RepositoryPlan[],
): Promise<Map<Digest, ContentKind>> {
  const pace = new Pace();
  const kinds = new Map<Digest, ContentKind>();
  for (const { repository, drops } of plans) {
    for (const { kind, digest } of drops) {
      await pace.rest();
      if (kind === 'link') continue;
      const manifest =
        kind === 'trash'
          ? catalog.trash.of(repository).manifests.get(digest)?.manifest
          : catalog.findRepository(repository)?.manifests.get(digest);
      kinds.set(digest, 'manifest');
      for (const layer of manifest?.layers ?? [])
        if (!kinds.has(layer.digest)) kinds.set(layer.digest, 'layer');
      if (manifest?.config !== undefined) kinds.set(manifest.config.digest, 'config');
    }
  }
  return kinds;
}
