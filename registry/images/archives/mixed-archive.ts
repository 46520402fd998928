import { RegistryError } from '../../error.ts';
import { Pace } from '../../pace.ts';
import type { Digest } from '../../reference.ts';
import { invalid } from '../tar/tar-header.ts';
import { readTrees, type ArchiveContents, type ArchiveImage } from './archive-contents.ts';
import type { ArchiveRoot } from './archive-root.ts';
import { MOST_IMAGES, readDockerImage, type Configs, type DockerImage } from './docker-archive.ts';
import { quote } from './entry-path.ts';
import { isFields, readJson, stringOf, type Fields } from './json.ts';
import { OWN_REGISTRY, parseArchiveName } from './names.ts';
import type { Layout } from './oci-layout.ts';

/** What manifest.json adds to a layout. */
interface DockerList {
  /** Those of the layout, and those in it that only manifest.json names. */
  readonly images: readonly ArchiveImage[];
  /** Images that the layout does not have. */
  readonly others: readonly DockerImage[];
  readonly warnings: readonly string[];
}

/** Entries of manifest.json that have one config. */
interface Listed {
  /** The first of them. */
  readonly entry: Fields;
  readonly position: number;
  readonly names: string[];
}

/** Reads manifest.json beside a layout: buildx and Docker do not always write names, or images, to both. */
export async function readDockerList(root: ArchiveRoot, layout: Layout): Promise<DockerList> {
  const warnings: string[] = [];
  const listed = await readEntries(root, warnings);
  const images = await withNames(layout, listed);
  const others: DockerImage[] = [];
  const configs: Configs = new Map();
  const pace = new Pace();
  for (const { entry, position, names } of listed.values()) {
    await pace.rest();
    try {
      others.push({ ...(await readDockerImage(root, configs, entry, position)), names });
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      warnings.push(`${error.message} This image, which only manifest.json lists, stays out.`);
    }
  }
  return { images, others, warnings };
}

async function readEntries(root: ArchiveRoot, warnings: string[]): Promise<Map<Digest, Listed>> {
  const file = root.find('manifest.json');
  const list = file === undefined ? undefined : await readJson(file, "The archive's manifest.json");
  const listed = new Map<Digest, Listed>();
  for (const [position, entry] of Array.isArray(list) ? (list as unknown[]).entries() : []) {
    const fields = isFields(entry) ? entry : {};
    const path = stringOf(fields['Config']);
    const config = path === undefined ? undefined : root.find(path)?.digest;
    const tags = Array.isArray(fields['RepoTags']) ? (fields['RepoTags'] as unknown[]) : [];
    const names = tags.filter((tag) => typeof tag === 'string');
    if (config === undefined) {
      const what = names[0] === undefined ? `entry ${position + 1}` : quote(names[0]);
      warnings.push(`manifest.json lists ${what}, whose config is not in the archive; it stays out.`);
      continue;
    }
    const known = listed.get(config);
    if (known !== undefined) for (const name of names) known.names.push(name);
    else listed.set(config, { entry: fields, position, names });
    if (listed.size > MOST_IMAGES) throw invalid(`The archive has more than ${MOST_IMAGES} images.`);
  }
  return listed;
}

/** Takes out of `listed` what the layout has. */
async function withNames({ tree, images }: Layout, listed: Map<Digest, Listed>): Promise<ArchiveImage[]> {
  const trees = await readTrees(images, tree.manifests);
  const holders = holdersOf(images, trees);
  const owners = new Map(images.flatMap(({ digest, names }) => names.map((name) => [keyOf(name), digest])));
  const more = new Map<Digest, string[]>();
  const pace = new Pace();
  for (const [digest, { entry }] of tree.manifests) {
    await pace.rest();
    const config = entry.config?.digest;
    const names = config === undefined ? undefined : listed.get(config)?.names;
    if (config === undefined || names === undefined) continue;
    listed.delete(config);
    const own = holders.get(digest) ?? [];
    // What this registry wrote has all its names in its own annotation.
    if (own.some((image) => image.names[0]?.startsWith(OWN_REGISTRY))) continue;
    // Of an index without a name docker's list names single platforms, and means all of them.
    const target = own.find((image) => image.names.length === 0)?.digest ?? digest;
    const added = more.get(target) ?? [];
    more.set(target, added);
    for (const name of names) {
      const owner = owners.get(keyOf(name));
      if (owner === undefined || trees.get(owner)?.has(digest) !== true) added.push(name);
    }
  }
  const named = images.map((image) => {
    const added = more.get(image.digest) ?? [];
    more.delete(image.digest);
    return { ...image, names: [...image.names, ...added] };
  });
  const inside = Array.from(more, ([digest, names]) => ({ digest, names }));
  return [...named, ...inside.filter(({ names }) => names.length > 0)];
}

/** The images that lead to each manifest. */
function holdersOf(
  images: readonly ArchiveImage[],
  trees: ReadonlyMap<Digest, ArchiveContents['manifests']>,
): Map<Digest, ArchiveImage[]> {
  const holders = new Map<Digest, ArchiveImage[]>();
  for (const image of images) {
    for (const digest of trees.get(image.digest)?.keys() ?? []) {
      const known = holders.get(digest);
      if (known === undefined) holders.set(digest, [image]);
      else known.push(image);
    }
  }
  return holders;
}

function keyOf(name: string): string {
  const target = parseArchiveName(name);
  return target === undefined ? name : `${target.repository}:${target.tag ?? ''}`;
}
