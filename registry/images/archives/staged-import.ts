import type { Descriptor } from '../../catalog/operation.ts';
import { RegistryError } from '../../error.ts';
import { Pace } from '../../pace.ts';
import { hexOf, type Digest } from '../../reference.ts';
import { isIndexType } from '../media-types.ts';
import { invalid } from '../tar/tar-header.ts';
import {
  manifestsBelow,
  MOST_PLACES,
  readTrees,
  type ArchiveContents,
  type ArchiveFormat,
  type ArchiveImage,
  type StagedManifest,
} from './archive-contents.ts';
import { isImageConfig } from './image-config.ts';
import { isFields } from './json.ts';
import { parseListed } from './listed-platforms.ts';
import { parseArchiveName, suggestName, type Target } from './names.ts';
import { formatPlatform } from './platform.ts';
import { readStaged, type StagedFile } from './staged-files.ts';

const LARGEST_CONFIG = 4 << 20;

/** An image that can be imported by itself, with what goes along. */
export interface ImportImage {
  readonly digest: Digest;
  readonly kind: 'image' | 'index' | 'artifact';
  readonly targets: readonly Target[];
  /** Names that it might get, if it has none. */
  readonly suggestions: readonly string[];
  readonly platforms: readonly string[];
  readonly layers: number;
  /** It, what it lists, and what is attached to these; what is listed or attached to comes first. */
  readonly manifests: ReadonlyMap<Digest, StagedManifest>;
}

/** An archive whose content is here, verified, and in no repository. */
export interface Import {
  readonly id: string;
  readonly name: string;
  readonly format: ArchiveFormat;
  /** Of the archive as it came. */
  readonly bytes: number;
  readonly images: readonly ImportImage[];
  readonly warnings: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Content that the registry did not have when it was staged. */
  readonly staged: ReadonlyMap<Digest, StagedFile>;
  /** All blobs that the archive had, or that were made of what it had. */
  readonly brought: ReadonlySet<Digest>;
}

/**
 * The images of an archive, as people take them: what another one lists or has attached goes along with that and
 * needs no name.
 */
export async function importImages(
  { images, manifests, blobs }: ArchiveContents,
  fileName: string,
  warnings: string[],
): Promise<ImportImage[]> {
  const trees = await readTrees(images, manifests);
  const listed = new Set<Digest>();
  for (const [root, tree] of trees) for (const digest of tree.keys()) if (digest !== root) listed.add(digest);
  const isNamed = ({ names, tags = [] }: ArchiveImage): boolean => names.length + tags.length > 0;
  const roots = images.filter((image) => isNamed(image) || !listed.has(image.digest));
  const attached = await attach(
    roots.filter((image) => !isNamed(image)),
    new Map(roots.map(({ digest }) => [digest, trees.get(digest) ?? new Map()])),
    manifests,
  );
  const found: ImportImage[] = [];
  const pace = new Pace();
  for (const image of roots) {
    if (attached.has(image.digest)) continue;
    await pace.rest();
    const manifest = manifests.get(image.digest);
    if (manifest === undefined) continue;
    found.push({
      digest: image.digest,
      kind: kindOf(manifest),
      ...namesOf(image, fileName, warnings),
      platforms: await platformsOf(image, manifest, manifests, blobs),
      layers: manifest.entry.layers?.length ?? manifest.entry.manifests?.length ?? 0,
      manifests: trees.get(image.digest) ?? new Map(),
    });
  }
  return tellApart(found);
}

/** Images that would all be called after the file get their digests for tags. */
function tellApart(images: readonly ImportImage[]): ImportImage[] {
  const times = new Map<string, number>();
  for (const each of images.flatMap(({ suggestions }) => suggestions))
    times.set(each, (times.get(each) ?? 0) + 1);
  return images.map((image) => {
    const own = image.suggestions.map((each) =>
      times.get(each) === 1 ? each : each.replace(/:.*/, `:${hexOf(image.digest).slice(0, 12)}`),
    );
    return { ...image, suggestions: [...new Set(own)] };
  });
}

type Tree = Map<Digest, StagedManifest>;

/**
 * Adds to each tree what is attached to something in it.
 *
 * @param candidates what might be attached, in the order in which the archive lists it
 * @param trees of all images that are listed by none
 * @returns those that are
 */
async function attach(
  candidates: readonly ArchiveImage[],
  trees: ReadonlyMap<Digest, Tree>,
  manifests: ArchiveContents['manifests'],
): Promise<ReadonlySet<Digest>> {
  const pace = new Pace();
  const holders = new Map<Digest, Set<Digest>>();
  const note = (root: Digest, digests: Iterable<Digest>): void => {
    for (const digest of digests) holders.set(digest, (holders.get(digest) ?? new Set()).add(root));
  };
  for (const [root, tree] of trees) note(root, tree.keys());
  const attached = new Set<Digest>();
  let places = 0;
  for (const { digest } of candidates) {
    await pace.rest();
    const subject = manifests.get(digest)?.entry.subject;
    if (subject === undefined) continue;
    const own = manifestsBelow(manifests, digest);
    for (const host of holders.get(subject) ?? []) {
      if (host === digest) continue;
      attached.add(digest);
      places += own.size;
      if (places > MOST_PLACES) throw invalid(`The archive attaches manifests to more than ${MOST_PLACES}.`);
      manifestsBelow(manifests, digest, trees.get(host));
      note(host, own.keys());
    }
  }
  return attached;
}

/** Blobs that an image leads to, its manifests included, each once. */
export function contentOf({ manifests }: Pick<ImportImage, 'manifests'>): Map<Digest, Descriptor> {
  const content = new Map<Digest, Descriptor>();
  for (const { entry } of manifests.values()) {
    const { digest, size, mediaType, config, layers = [] } = entry;
    content.set(digest, { digest, size, mediaType });
    for (const each of config === undefined ? layers : [config, ...layers]) content.set(each.digest, each);
  }
  return content;
}

function namesOf(
  { names, tags = [] }: ArchiveImage,
  fileName: string,
  warnings: string[],
): Pick<ImportImage, 'targets' | 'suggestions'> {
  const targets = new Map<string, Target>();
  for (const name of names) {
    const target = parseArchiveName(name);
    if (target === undefined)
      warnings.push(`An image is called ${JSON.stringify(name.slice(0, 200))}, which cannot be a name here.`);
    else targets.set(`${target.repository}:${target.tag ?? ''}`, target);
  }
  const offered = tags.length > 0 ? tags.map((tag) => suggestName(fileName, tag)) : [suggestName(fileName)];
  return { targets: [...targets.values()], suggestions: targets.size > 0 ? [] : offered };
}

function kindOf({ entry }: StagedManifest): ImportImage['kind'] {
  if (isIndexType(entry.mediaType)) return 'index';
  return isImageConfig(entry.config?.mediaType) ? 'image' : 'artifact';
}

async function platformsOf(
  image: ArchiveImage,
  manifest: StagedManifest,
  manifests: ReadonlyMap<Digest, StagedManifest>,
  blobs: ReadonlyMap<Digest, StagedFile>,
): Promise<string[]> {
  const { config } = manifest.entry;
  if (isIndexType(manifest.entry.mediaType)) {
    const here = parseListed(manifest.content).filter(({ digest }) => manifests.has(digest));
    return here.flatMap(({ platform }) => platform ?? []);
  }
  if (image.platform !== undefined) return [image.platform];
  const file =
    config === undefined || !isImageConfig(config.mediaType) ? undefined : blobs.get(config.digest);
  if (file === undefined || file.size > LARGEST_CONFIG) return [];
  const fields = parseJson(await readStaged(file, LARGEST_CONFIG, 'A config'));
  const platform = isFields(fields) ? formatPlatform(fields) : undefined;
  return platform === undefined ? [] : [platform];
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString()) as unknown;
  } catch {
    // An artifact's config may be anything.
    return undefined;
  }
}

/** A reclaim came between two looks at what is here. */
export function goneMeanwhile(): RegistryError {
  return new RegistryError(
    'CONFLICT',
    'The registry lost content of this archive meanwhile. Import it again.',
  );
}
