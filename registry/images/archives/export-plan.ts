import type { Descriptor } from '../../catalog/operation.ts';
import type { Manifest, Repository } from '../../catalog/repository.ts';
import { RegistryError } from '../../error.ts';
import { algorithmOf, hexOf, isDigest, type Digest } from '../../reference.ts';
import { findManifest, unknownManifest } from '../manifests.ts';
import { isForeignLayer, isIndexType, OCI_INDEX } from '../media-types.ts';
import { readRepository, type Store } from '../store.ts';
import { TAR_END, tarEntrySize } from '../tar/tar-writer.ts';
import { isImageConfig } from './image-config.ts';
import { IMAGE_NAME, OWN_NAME, REF_NAME } from './oci-layout.ts';
import { readListed, type Listed } from './listed-platforms.ts';

/** A tag, or a digest of a manifest, of a repository. */
export interface ExportReference {
  readonly repository: string;
  readonly reference: string;
}

export interface ExportedImage {
  readonly reference: string;
  readonly digest: Digest;
  readonly platforms: readonly string[];
}

/** What an archive will hold, in the order in which it is written. */
export interface ExportPlan {
  readonly fileName: string;
  readonly bytes: number;
  readonly images: readonly ExportedImage[];
  readonly warnings: readonly string[];
  /** Files that are made for it. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly blobs: ReadonlyMap<Digest, number>;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Containers are Linux's, on every desktop. */
const HOST = `linux/${ARCHITECTURES[process.arch] ?? process.arch}`;

interface DockerEntry {
  readonly Config: string;
  readonly RepoTags: string[];
  readonly Layers: readonly string[];
}

/**
 * Plans an archive that is an OCI layout and what `docker save` makes at once.
 *
 * @param platform `linux/arm64`: only this one of images that have several
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN, MANIFEST_BLOB_UNKNOWN
 */
export async function planExport(
  store: Store,
  references: readonly ExportReference[],
  platform: string | undefined,
): Promise<ExportPlan> {
  const planning = new Planning(store, platform);
  for (const reference of references) await planning.add(reference);
  return planning.end(references, platform);
}

class Planning {
  readonly #store: Store;
  readonly #platform: string | undefined;
  readonly #index: object[] = [];
  readonly #docker = new Map<Digest, DockerEntry>();
  readonly #blobs = new Map<Digest, number>();
  readonly #images: ExportedImage[] = [];
  readonly #warnings = new Set<string>();

  constructor(store: Store, platform: string | undefined) {
    this.#store = store;
    this.#platform = platform;
  }

  async add({ repository: name, reference }: ExportReference): Promise<void> {
    const repository = readRepository(this.#store, name);
    const asked = findManifest(repository, reference);
    if (asked === undefined) throw unknownManifest(name, reference);
    const label = isDigest(reference) ? `${name}@${reference}` : `${name}:${reference}`;
    const listed = isIndexType(asked.mediaType) ? await readListed(this.#store, asked.digest) : [];
    const root = this.#choose(repository, asked, listed, label);
    for (const manifest of repository.manifestsBelow(root.digest)) this.#take(manifest, label);
    const present = listed.filter(({ digest }) => repository.manifests.has(digest));
    if (root === asked && present.length < listed.length) {
      const absent = listed
        .filter((each) => !present.includes(each))
        .map((each) => each.platform ?? each.digest);
      this.#warnings.add(`Of ${label} this registry does not have ${absent.join(', ')}.`);
    }
    const tag = isDigest(reference) ? undefined : reference;
    this.#index.push(indexEntry(root, name, tag));
    const runnable = root === asked && listed.length > 0 ? this.#forDocker(repository, present, label) : root;
    this.#addDocker(runnable, tag === undefined ? undefined : `${name}:${tag}`, label);
    const platforms = (
      root === asked ? present : listed.filter(({ digest }) => digest === root.digest)
    ).flatMap((each) => each.platform ?? []);
    this.#images.push({ reference: label, digest: root.digest, platforms });
  }

  #choose(repository: Repository, asked: Manifest, listed: readonly Listed[], label: string): Manifest {
    if (this.#platform === undefined || listed.length === 0) return asked;
    const found = listed.find((each) => matches(each.platform, this.#platform ?? ''));
    const manifest = found === undefined ? undefined : repository.manifests.get(found.digest);
    if (manifest !== undefined) return manifest;
    const has = listed.flatMap((each) =>
      repository.manifests.has(each.digest) ? (each.platform ?? []) : [],
    );
    throw new RegistryError(
      'MANIFEST_UNKNOWN',
      `${label} is not here for ${this.#platform}. It ${has.length === 0 ? 'names no platform' : `is for ${has.join(', ')}`}.`,
      { detail: { reference: label, platforms: has } },
    );
  }

  /** An image of several platforms is to docker one of them. */
  #forDocker(repository: Repository, present: readonly Listed[], label: string): Manifest | undefined {
    const runnable = present.filter((each) => each.platform !== undefined);
    const own = runnable.find((each) => matches(each.platform, HOST)) ?? runnable[0];
    if (own === undefined) return undefined;
    if (!matches(own.platform, HOST)) {
      this.#warnings.add(`${label} is not here for ${HOST}: "docker load" will take it for ${own.platform}.`);
    }
    return repository.manifests.get(own.digest);
  }

  #take(manifest: Manifest, label: string): void {
    const { digest, size, config, layers = [] } = manifest;
    this.#blobs.set(digest, size);
    if (config !== undefined) this.#blobs.set(config.digest, config.size);
    for (const layer of layers) {
      if (isForeignLayer(layer.mediaType)) {
        this.#warnings.add(`${label} has a layer that may not be distributed; it stays out.`);
      } else this.#blobs.set(layer.digest, layer.size);
    }
  }

  #addDocker(image: Manifest | undefined, tag: string | undefined, label: string): void {
    const { digest, config, layers = [] } = image ?? {};
    if (digest === undefined || config === undefined || !isImageConfig(config.mediaType)) {
      this.#warnings.add(`${label} is no image that runs: "docker load" and "podman load" cannot take it.`);
      return;
    }
    if (layers.some(({ mediaType }) => mediaType.endsWith('zstd'))) {
      this.#warnings.add(`${label} has layers compressed with zstd, which Docker loads since version 23.`);
    }
    const entry = this.#docker.get(digest) ?? {
      Config: pathOf(config.digest),
      RepoTags: [],
      Layers: layers
        .filter(({ mediaType }) => !isForeignLayer(mediaType))
        .map((layer) => pathOf(layer.digest)),
    };
    if (tag !== undefined) entry.RepoTags.push(tag);
    this.#docker.set(digest, entry);
  }

  end(references: readonly ExportReference[], platform: string | undefined): ExportPlan {
    const files = new Map([
      ['oci-layout', json({ imageLayoutVersion: '1.0.0' })],
      ['index.json', json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: this.#index })],
    ]);
    if (this.#docker.size > 0) files.set('manifest.json', json([...this.#docker.values()]));
    const entries = [
      ...[...files].map(([name, { length }]) => tarEntrySize(name, length)),
      ...[...this.#blobs].map(([digest, size]) => tarEntrySize(pathOf(digest), size)),
    ];
    return {
      fileName: fileNameOf(references, platform),
      bytes: entries.reduce((sum, size) => sum + size, TAR_END.length),
      images: this.#images,
      warnings: [...this.#warnings],
      files,
      blobs: this.#blobs,
    };
  }
}

/** Where a blob is in a layout. */
export function pathOf(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/** A name of three parts is asked for exactly; of two, it is the first of any variant. */
function matches(platform: string | undefined, wanted: string): boolean {
  return platform === wanted || platform?.startsWith(`${wanted}/`) === true;
}

/** Each tool looks for the name elsewhere; this registry's own is for those that look like another's. */
function indexEntry({ mediaType, digest, size }: Descriptor, name: string, tag: string | undefined): object {
  if (tag === undefined) return { mediaType, digest, size, annotations: { [OWN_NAME]: `${name}@${digest}` } };
  const [first = '', ...rest] = name.split('/');
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const full = hasHost ? name : `docker.io/${rest.length === 0 ? 'library/' : ''}${name}`;
  const annotations = {
    [IMAGE_NAME]: `${full}:${tag}`,
    [REF_NAME]: `${name}:${tag}`,
    [OWN_NAME]: `${name}:${tag}`,
  };
  return { mediaType, digest, size, annotations };
}

/** `team-app-v1.tar`; `team-app-v1-linux-arm64.tar` of one platform alone. */
function fileNameOf(references: readonly ExportReference[], platform: string | undefined): string {
  const [first, ...more] = references;
  const alone = platform === undefined ? '' : `-${platform.replace(/[^\w.]+/g, '-')}`;
  if (first === undefined || more.length > 0) return `images${alone}.tar`;
  const { repository, reference } = first;
  const end = isDigest(reference) ? hexOf(reference).slice(0, 12) : reference;
  return `${repository.replaceAll('/', '-')}-${end}${alone}.tar`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
