import { Pace } from '../../pace.ts';
import { DOCKER_SCHEMA_1 } from '../media-types.ts';
import type { Store } from '../store.ts';
import { invalid } from '../tar/tar-header.ts';
import { readTar } from '../tar/tar-reader.ts';
import { decompress, type UnpackBounds } from '../tar/decompress.ts';
import type { Digest } from '../../reference.ts';
import type { ArchiveContents, ArchiveFormat, ArchiveImage } from './archive-contents.ts';
import { ArchiveRoot } from './archive-root.ts';
import type { CompressedLayers } from './compressed-layers.ts';
import { readDockerArchive, type DockerImage } from './docker-archive.ts';
import { DockerImages } from './docker-images.ts';
import { readImageFolder } from './image-folder.ts';
import { quote } from './entry-path.ts';
import { isFields, readJson } from './json.ts';
import { LayerWorker } from './layer-worker.ts';
import { readDockerList } from './mixed-archive.ts';
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
    if (!root.has('manifest.json')) {
      if (layout.images.length === 0) throw withoutImages(layout);
      return contentsOf('OCI layout', layout);
    }
    if (layout.images.length > 0) return await readMixed(root, layout, files, options);
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

/** A layout with docker's list beside it, which may name more. */
async function readMixed(
  root: ArchiveRoot,
  layout: Layout,
  files: StagedFiles,
  options: ReadArchiveOptions,
): Promise<ArchiveContents> {
  const { images, others, warnings } = await readDockerList(root, layout);
  const named = contentsOf('docker archive and OCI layout', { ...layout, images });
  if (others.length === 0) return { ...named, warnings: [...named.warnings, ...warnings] };
  const more = await readDocker(others, files, options, named.blobs);
  return {
    ...named,
    images: [...named.images, ...more.images],
    manifests: new Map([...named.manifests, ...more.manifests]),
    blobs: new Map([...named.blobs, ...more.blobs]),
    warnings: [...named.warnings, ...warnings],
  };
}

function contentsOf(format: ArchiveFormat, { tree, images }: Layout): ArchiveContents {
  const { manifests, blobs, warnings } = tree;
  return { format, images, manifests, blobs, warnings };
}

async function readDocker(
  images: readonly DockerImage[],
  files: StagedFiles,
  { store, layers, signal, onMore, onWork }: ReadArchiveOptions,
  kept: ArchiveContents['blobs'] = new Map(),
): Promise<ArchiveContents> {
  if (images.length === 0) throw invalid('The archive lists no images.');
  const sizes = new Map(images.flatMap((image) => image.layers.map(({ file }) => [file.digest, file.size])));
  onMore([...sizes.values()].reduce((sum, size) => sum + size, 0));
  const worker = new LayerWorker(signal);
  const made = new DockerImages({ store, files, layers, worker, signal, onWork, kept });
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
