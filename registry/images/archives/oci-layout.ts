import type { Descriptor } from '../../catalog/operation.ts';
import { Pace } from '../../pace.ts';
import { algorithmOf, hexOf, isDigest, isTag, type Digest } from '../../reference.ts';
import { isManifestType } from '../media-types.ts';
import { invalid } from '../tar/tar-header.ts';
import type { ArchiveImage } from './archive-contents.ts';
import type { ArchiveRoot } from './archive-root.ts';
import { quote } from './entry-path.ts';
import { isFields, readJson, stringOf, type Fields } from './json.ts';
import { OWN_REGISTRY } from './names.ts';
import { ManifestTree } from './manifest-tree.ts';
import { formatPlatform } from './platform.ts';

/** OCI Image Spec 1.1, "Pre-Defined Annotation Keys": a tag, and what many tools take for a whole name. */
export const REF_NAME = 'org.opencontainers.image.ref.name';
/** What containerd, buildx and docker since 25 call an image, whole. */
export const IMAGE_NAME = 'io.containerd.image.name';

/** What this registry calls it: no part of that is another registry's address. */
export const OWN_NAME = 'berth.image.name';

export interface Layout {
  readonly tree: ManifestTree;
  readonly images: readonly ArchiveImage[];
  /** Media types of what it lists that is no image. */
  readonly others?: readonly string[];
}

/** An image while its entries are read. */
interface ListedImage extends Pick<ArchiveImage, 'digest'> {
  readonly names: Set<string>;
  readonly tags: Set<string>;
  platform?: string | undefined;
}

/**
 * Reads an OCI image layout: OCI Image Spec 1.1, "OCI Image Layout".
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export async function readLayout(root: ArchiveRoot): Promise<Layout> {
  await requireVersion(root);
  const index = root.find('index.json');
  if (index === undefined) throw invalid('The archive lacks index.json, the list of its images.');
  const fields = await readJson(index, "The archive's index.json");
  if (!isFields(fields) || !Array.isArray(fields['manifests'])) {
    throw invalid("The archive's index.json lists no manifests.");
  }
  const tree = new ManifestTree((digest) => root.find(`blobs/${algorithmOf(digest)}/${hexOf(digest)}`));
  const images = new Map<Digest, ListedImage>();
  const others: string[] = [];
  const pace = new Pace();
  for (const [position, entry] of fields['manifests'].entries()) {
    await pace.rest();
    const descriptor = parseEntry(entry, position);
    if (!isManifestType(descriptor.mediaType)) {
      others.push(descriptor.mediaType);
      tree.warnings.push(`index.json lists ${quote(descriptor.mediaType)}, which is no image and stays out.`);
      continue;
    }
    await tree.add(descriptor);
    const image = images.get(descriptor.digest) ?? {
      digest: descriptor.digest,
      names: new Set(),
      tags: new Set(),
    };
    images.set(descriptor.digest, image);
    add(image, namesOf(descriptor.digest, entry as Fields));
  }
  return {
    tree,
    others,
    images: Array.from(images.values(), ({ digest, names, tags, platform }) => ({
      digest,
      names: [...names],
      tags: [...tags],
      platform,
    })),
  };
}

async function requireVersion(root: ArchiveRoot): Promise<void> {
  const file = root.find('oci-layout');
  // Some tools leave it out; then index.json tells.
  if (file === undefined) return;
  const fields = await readJson(file, "The archive's oci-layout");
  const version = isFields(fields) ? fields['imageLayoutVersion'] : undefined;
  if (version !== '1.0.0') {
    throw invalid(`The archive is an OCI layout of version ${JSON.stringify(version)}; Berth knows 1.0.0.`);
  }
}

function parseEntry(entry: unknown, position: number): Descriptor {
  const { mediaType, digest, size } = isFields(entry) ? entry : {};
  const isWhole = typeof mediaType === 'string' && typeof digest === 'string' && typeof size === 'number';
  if (isWhole && isDigest(digest)) return { mediaType, digest, size };
  throw invalid(`The archive's index.json has an entry that is no descriptor, number ${position + 1}.`);
}

function namesOf(digest: Digest, entry: Fields): ArchiveImage {
  const annotations = isFields(entry['annotations']) ? entry['annotations'] : {};
  const platform = isFields(entry['platform']) ? formatPlatform(entry['platform']) : undefined;
  const own = stringOf(annotations[OWN_NAME]);
  const name = own === undefined ? stringOf(annotations[IMAGE_NAME]) : `${OWN_REGISTRY}${own}`;
  const reference = stringOf(annotations[REF_NAME]);
  if (name !== undefined) return { digest, names: [name], platform };
  if (reference === undefined) return { digest, names: [], platform };
  return isTag(reference)
    ? { digest, names: [], tags: [reference], platform }
    : { digest, names: [reference], platform };
}

/** A layout lists an image once for each of its names and tags. */
function add(image: ListedImage, { names, tags = [], platform }: ArchiveImage): void {
  for (const name of names) image.names.add(name);
  for (const tag of tags) image.tags.add(tag);
  image.platform ??= platform;
}
