import type { Descriptor } from '../../catalog/operation.ts';
import type { Digest } from '../../reference.ts';
import { RegistryError } from '../../error.ts';
import { isIndexType } from '../media-types.ts';
import {
  manifestsBelow,
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
  /** A name that it might get, if it has none. */
  readonly suggestion: string | null;
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
  const isNamed = ({ names }: ArchiveImage): boolean => names.length > 0;
  const trees = new Map(images.map(({ digest }) => [digest, new Map(manifestsBelow(manifests, digest))]));
  const isListed = ({ digest }: ArchiveImage): boolean =>
    [...trees].some(([root, tree]) => root !== digest && tree.has(digest));
  const roots = images.filter((image) => isNamed(image) || image.tag !== undefined || !isListed(image));
  const isAttached = (image: ArchiveImage): boolean => {
    const subject = manifests.get(image.digest)?.entry.subject;
    if (isNamed(image) || image.tag !== undefined || subject === undefined) return false;
    const hosts = roots.filter((root) => root !== image && trees.get(root.digest)?.has(subject) === true);
    for (const host of hosts) manifestsBelow(manifests, image.digest, trees.get(host.digest));
    return hosts.length > 0;
  };
  const found: ImportImage[] = [];
  for (const image of roots.filter((each) => !isAttached(each))) {
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
  return found;
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
  { names, tag }: ArchiveImage,
  fileName: string,
  warnings: string[],
): Pick<ImportImage, 'targets' | 'suggestion'> {
  const targets = new Map<string, Target>();
  for (const name of names) {
    const target = parseArchiveName(name);
    if (target === undefined)
      warnings.push(`An image is called ${JSON.stringify(name.slice(0, 200))}, which cannot be a name here.`);
    else targets.set(`${target.repository}:${target.tag ?? ''}`, target);
  }
  const suggestion = targets.size > 0 ? null : suggestName(fileName, tag);
  return { targets: [...targets.values()], suggestion };
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
