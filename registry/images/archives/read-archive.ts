import { Pace } from '../../pace.ts';
import { DOCKER_SCHEMA_1 } from '../media-types.ts';
import type { Store } from '../store.ts';
import { invalid } from '../tar/tar-header.ts';
import { readTar } from '../tar/tar-reader.ts';
import { decompress, type UnpackBounds } from '../tar/decompress.ts';
import type { Digest } from '../../reference.ts';
import {
  manifestsBelow,
  type ArchiveContents,
  type ArchiveFormat,
  type ArchiveImage,
} from './archive-contents.ts';
import { ArchiveRoot } from './archive-root.ts';
import type { CompressedLayers } from './compressed-layers.ts';
import { readDockerArchive, type DockerImage } from './docker-archive.ts';
import { DockerImages } from './docker-images.ts';
import { readImageFolder } from './image-folder.ts';
import { quote } from './entry-path.ts';
import { isFields, readJson } from './json.ts';
import { LayerWorker } from './layer-worker.ts';
import { readLayout, type Layout } from './oci-layout.ts';
import type { StagedFiles } from './staged-files.ts';

/** Three for each layer are usual in old archives. */
const MOST_ENTRIES = 50_000;

export interface ReadArchiveOptions {
  readonly store: Pick<Store, 'ledger' | 'blobs'>;
  readonly layers: CompressedLayers;
  readonly signal: AbortSignal;
  readonly bounds?: UnpackBounds | undefined;
  /** Told once of bytes of layers that have to be gone through when all has come. */
  readonly onMore: (bytes: number) => void;
  readonly onWork: (bytes: number) => void;
}

/**
 * Takes an archive in and says what is in it. Everything is verified; what does not hold together throws.
 *
 * @throws RegistryError ARCHIVE_INVALID, STORAGE_FULL; the reason of the signal
 */
export async function readArchive(
  chunks: AsyncIterable<Buffer>,
  files: StagedFiles,
  options: ReadArchiveOptions,
): Promise<ArchiveContents> {
  const warnings: string[] = [];
  const onMissingEnd = (): void => void warnings.push('The tar has no end mark. What it holds is whole.');
  const tar = readTar(decompress(chunks, options.bounds), { mostEntries: MOST_ENTRIES, onMissingEnd });
  const pace = new Pace();
  for await (const entry of tar) {
    options.signal.throwIfAborted();
    await pace.rest();
    await files.add(entry, options.signal);
  }
  const contents = await readContents(new ArchiveRoot(files), files, options);
  return { ...contents, warnings: [...warnings, ...contents.warnings] };
}

async function readContents(
  root: ArchiveRoot,
  files: StagedFiles,
  options: ReadArchiveOptions,
): Promise<ArchiveContents> {
  if (root.has('index.json')) {
    const layout = await readLayout(root);
    const isBoth = root.has('manifest.json');
    const named = isBoth ? await withDockerNames(root, layout) : layout;
    if (named.images.length > 0) {
      return contentsOf(isBoth ? 'docker archive and OCI layout' : 'OCI layout', named);
    }
    if (!isBoth) throw withoutImages(named);
  }
  const manifest = root.find('manifest.json');
  if (manifest !== undefined && isFields(await readJson(manifest, "The archive's manifest.json"))) {
    return contentsOf('image folder', await readImageFolder(root));
  }
  if (manifest !== undefined || root.has('repositories')) {
    return await readDocker(await readDockerArchive(root), files, options);
  }
  throw invalid('This is no archive of images: it has neither manifest.json nor index.json.');
}

function contentsOf(format: ArchiveFormat, { tree, images }: Layout): ArchiveContents {
  const { manifests, blobs, warnings } = tree;
  return { format, images, manifests, blobs, warnings };
}

async function readDocker(
  images: readonly DockerImage[],
  files: StagedFiles,
  { store, layers, signal, onMore, onWork }: ReadArchiveOptions,
): Promise<ArchiveContents> {
  if (images.length === 0) throw invalid('The archive lists no images.');
  const sizes = new Map(images.flatMap((image) => image.layers.map(({ file }) => [file.digest, file.size])));
  onMore([...sizes.values()].reduce((sum, size) => sum + size, 0));
  const worker = new LayerWorker(signal);
  const made = new DockerImages({ store, files, layers, worker, signal, onWork });
  const names = new Map<Digest, string[]>();
  const pace = new Pace();
  try {
    for (const image of images) {
      signal.throwIfAborted();
      addNames(names, await made.add(image), image.names);
      await pace.rest();
    }
  } finally {
    await worker.close();
    await layers.save();
  }
  const { manifests, blobs } = made;
  const found = [...names].map(([digest, each]): ArchiveImage => ({ digest, names: each }));
  return { format: 'docker archive', images: found, manifests, blobs, warnings: [] };
}

/** One by one: there may be more than a call takes arguments. */
function addNames(names: Map<Digest, string[]>, digest: Digest, more: readonly string[]): void {
  const known = names.get(digest) ?? [];
  for (const name of more) known.push(name);
  names.set(digest, known);
}

function withoutImages({ others: [other] = [] }: Layout): Error {
  if (other === undefined) return invalid('The archive is an OCI layout without images.');
  const advice = other.startsWith(DOCKER_SCHEMA_1)
    ? ", Docker's first form of images. Pull it with a client made since 2016 and save it again"
    : '';
  return invalid(`The archive holds no image: it lists ${quote(other)}${advice}.`);
}

/** Names that only manifest.json has: buildx and Docker do not always write them twice. */
async function withDockerNames(root: ArchiveRoot, layout: Layout): Promise<Layout> {
  if (layout.images.every(({ names }) => names.length > 0) && layout.images.length > 0) return layout;
  const file = root.find('manifest.json');
  const list = file === undefined ? undefined : await readJson(file, "The archive's manifest.json");
  const names = new Map<Digest, string[]>();
  for (const entry of Array.isArray(list) ? (list as unknown[]) : []) {
    if (!isFields(entry) || typeof entry['Config'] !== 'string') continue;
    const config = root.find(entry['Config'])?.digest;
    const tags = Array.isArray(entry['RepoTags']) ? (entry['RepoTags'] as unknown[]) : [];
    if (config === undefined) continue;
    addNames(
      names,
      config,
      tags.filter((tag) => typeof tag === 'string'),
    );
  }
  // Each goes to one image: thousands may have the same config.
  const take = (config: Digest | undefined): readonly string[] => {
    const known = config === undefined ? undefined : names.get(config);
    if (config !== undefined) names.delete(config);
    return known ?? [];
  };
  const images = layout.images.map((image) => {
    if (image.names.length > 0) return image;
    const below = [...manifestsBelow(layout.tree.manifests, image.digest).values()];
    return { ...image, names: below.flatMap(({ entry: { config } }) => take(config?.digest)) };
  });
  return { ...layout, images };
}
