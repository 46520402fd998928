import type { Catalog } from '../catalog/catalog.ts';
import { MultiMap } from '../catalog/multi-map.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import type { Wanted } from './reach.ts';
import { wantedNow } from './unwanted.ts';

/** A layer of a repository, and who needs it. */
export interface LayerUse {
  readonly digest: Digest;
  readonly size: number;
  /** Tags of the repository, the first few of them by name. */
  readonly tags: readonly string[];
  readonly tagCount: number;
  /** Others that need it, the first by name. */
  readonly repositories: readonly string[];
}

const TAGS_NAMED = 5;
const REPOSITORIES_NAMED = 50;

/** The distinct layers of a repository without its trash, the largest first. In slices. */
export async function readLayers(store: Store, repository: Repository, most: number): Promise<LayerUse[]> {
  const pace = new Pace();
  const sizes = new Map<Digest, number>();
  const users = new MultiMap<Digest, Manifest>();
  const wanted = wantedNow(store);
  for (const manifest of repository.manifests.values()) {
    await pace.rest();
    if (!wanted.has(manifest)) continue;
    for (const { digest, size } of manifest.layers ?? []) {
      sizes.set(digest, size);
      users.add(digest, manifest);
    }
  }
  const largest = [...sizes].sort(([, one], [, other]) => other - one).slice(0, most);
  const layers: LayerUse[] = [];
  for (const [digest, size] of largest) {
    const tags = await tagsAbove(repository, users.get(digest), pace);
    const repositories = await othersWith(store.ledger.catalog, repository, digest, wanted, pace);
    layers.push({ digest, size, tags: tags.slice(0, TAGS_NAMED), tagCount: tags.length, repositories });
  }
  return layers;
}

/** Their own, and those of indexes that list them. */
async function tagsAbove(
  repository: Repository,
  manifests: Iterable<Manifest>,
  pace: Pace,
): Promise<string[]> {
  const found = new Set(manifests);
  const tags: string[] = [];
  // Sets hand out what is added to them while they are walked.
  for (const manifest of found) {
    await pace.rest();
    tags.push(...repository.tagsOf(manifest.digest));
    for (const index of repository.indexesOf(manifest.digest)) found.add(index);
  }
  return tags.sort();
}

async function othersWith(
  catalog: Catalog,
  { name }: Repository,
  digest: Digest,
  wanted: Wanted,
  pace: Pace,
): Promise<string[]> {
  const others = new Set<string>();
  for (const user of catalog.content.users(digest)) {
    await pace.rest();
    if (user.repository !== name && wanted.has(user)) others.add(user.repository);
    if (others.size === REPOSITORIES_NAMED) break;
  }
  return [...others].sort();
}
