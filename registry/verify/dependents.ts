import type { Catalog } from '../catalog/catalog.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import type { Digest } from '../reference.ts';

/**
 * What cannot be pulled whole without a piece of content, in lexical order: tags, as `repository:tag`; manifests
 * that no tag leads to, deleted ones that could be restored, and blobs that no manifest names, as
 * `repository@digest`.
 */
export function dependentsOf(catalog: Catalog, digest: Digest): string[] {
  const dependents = new Set<string>();
  for (const manifest of catalog.content.users(digest)) {
    const repository = catalog.findRepository(manifest.repository);
    if (repository === undefined) continue;
    const tags = tagsAbove(repository, manifest);
    for (const tag of tags) dependents.add(`${repository.name}:${tag}`);
    if (tags.size === 0) dependents.add(`${repository.name}@${manifest.digest}`);
  }
  for (const [name, { manifests, blobs }] of catalog.trash.repositories) {
    for (const { manifest } of manifests.values()) {
      if (names(manifest, digest)) dependents.add(`${name}@${manifest.digest}`);
    }
    if (blobs.has(digest)) dependents.add(`${name}@${digest}`);
  }
  if (dependents.size === 0) {
    for (const { name, blobs } of catalog.repositories.values()) {
      if (blobs.has(digest)) dependents.add(`${name}@${digest}`);
    }
  }
  return [...dependents].sort();
}

/** Tags of the manifest and of the indexes that list it, at any depth. */
function tagsAbove(repository: Repository, manifest: Manifest): Set<string> {
  const tags = new Set<string>();
  // Sets hand out what is added to them while they are walked.
  const above = new Set([manifest]);
  for (const { digest } of above) {
    for (const tag of repository.tagsOf(digest)) tags.add(tag);
    for (const index of repository.indexesOf(digest)) above.add(index);
  }
  return tags;
}

function names({ digest, config, layers = [] }: Manifest, wanted: Digest): boolean {
  return digest === wanted || config?.digest === wanted || layers.some((layer) => layer.digest === wanted);
}
