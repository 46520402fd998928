import type { Manifest, Repository } from '../catalog/repository.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { fieldsOf, list, parseConfig, parseFields } from './config.ts';
import { kindOf } from './kind.ts';
import { isIndexType } from './media-types.ts';
import { formatPlatform, NO_PLATFORM } from './platform.ts';
import type { Store } from './store.ts';

/** Pushes and pulls need the same disk. */
const READS_AT_ONCE = 8;

/** Reading one keeps others waiting; a config of this size says nothing that a list needs. Bytes. */
const LARGEST_CONFIG = 1 << 20;

const REMEMBERED = 200_000;

/** Of one index: more than anybody builds for, and as much as a list can show. */
const MOST_PLATFORMS = 100;

/**
 * Which platforms images are for. Only configs and indexes say so, in files of their own: what was read once is
 * remembered, and lists are answered with what is known.
 */
export class Platforms {
  readonly #blobs: Pick<Store['blobs'], 'findContent'>;
  /** By the digest of the content that says it, which never changes. */
  readonly #known = new Map<Digest, readonly string[]>();
  /** Thousands of images are for the same few platforms. */
  readonly #shared = new Map<string, readonly string[]>();
  readonly #reading = new Map<string, Promise<boolean>>();

  constructor(blobs: Pick<Store['blobs'], 'findContent'>) {
    this.#blobs = blobs;
  }

  /** Undefined before it was read; empty for artifacts, and for images that do not say. */
  find(manifest: Manifest): readonly string[] | undefined {
    const source = sourceOf(manifest);
    return source === undefined ? [] : this.#known.get(source);
  }

  /** Reads what is not known of one manifest. */
  async read(repository: Repository, manifest: Manifest): Promise<readonly string[]> {
    const source = sourceOf(manifest);
    if (source === undefined) return [];
    const known = this.#known.get(source);
    if (known !== undefined) return known;
    const platforms = isIndexType(manifest.mediaType)
      ? await this.#ofIndex(repository, manifest)
      : await this.#ofImage(manifest);
    return this.#remember(source, platforms);
  }

  /**
   * Reads what is not known of a repository, a few at a time.
   *
   * @returns whether anything was new
   */
  readAll(repository: Repository, manifests: Iterable<Manifest>): Promise<boolean> {
    const under = this.#reading.get(repository.name);
    if (under !== undefined) return under;
    const unknown = [...manifests].filter((each) => this.find(each) === undefined);
    if (unknown.length === 0) return Promise.resolve(false);
    const reading = this.#readEach(repository, unknown).finally(() => this.#reading.delete(repository.name));
    this.#reading.set(repository.name, reading);
    return reading;
  }

  async #readEach(repository: Repository, unknown: readonly Manifest[]): Promise<boolean> {
    const queue = unknown.values();
    const pace = new Pace();
    const reader = async (): Promise<void> => {
      for (const manifest of queue) {
        // What the disk does not give is asked for again the next time.
        await this.read(repository, manifest).catch(() => undefined);
        await pace.rest();
      }
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, reader));
    return true;
  }

  async #ofImage({ config }: Manifest): Promise<string[]> {
    if (config === undefined || config.size > LARGEST_CONFIG) return [];
    const content = await this.#blobs.findContent(config.digest);
    const platform = content === undefined ? undefined : parseConfig(content)?.platform;
    return platform === undefined ? [] : [platform];
  }

  /** Indexes need not say it; then the images do. */
  async #ofIndex(repository: Repository, index: Manifest): Promise<string[]> {
    const content = await this.#blobs.findContent(index.digest);
    if (content === undefined) return [];
    const platforms = new Set<string>();
    for (const entry of list(parseFields(content)?.['manifests'])) {
      if (platforms.size > MOST_PLATFORMS) break;
      const { platform, digest } = fieldsOf(entry);
      const said = formatPlatform(fieldsOf(platform));
      if (said !== undefined) platforms.add(said);
      const image =
        said === undefined && typeof digest === 'string'
          ? repository.manifests.get(digest as Digest)
          : undefined;
      if (image === undefined || kindOf(image) !== 'image') continue;
      for (const each of await this.read(repository, image)) platforms.add(each);
    }
    platforms.delete(NO_PLATFORM);
    return [...platforms].slice(0, MOST_PLATFORMS);
  }

  #remember(source: Digest, platforms: readonly string[]): readonly string[] {
    const key = platforms.join('\n');
    const shared = this.#shared.get(key) ?? platforms;
    if (this.#shared.size < 1000) this.#shared.set(key, shared);
    this.#known.set(source, shared);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    return shared;
  }
}

/** The content that says it; undefined if nothing does. */
function sourceOf(manifest: Manifest): Digest | undefined {
  switch (kindOf(manifest)) {
    case 'index':
      return manifest.digest;
    case 'image':
      return manifest.config?.digest;
    default:
      return undefined;
  }
}
