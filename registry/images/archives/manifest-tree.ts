import type { Descriptor, ManifestEntry } from '../../catalog/operation.ts';
import type { Digest } from '../../reference.ts';
import { RegistryError } from '../../error.ts';
import { Pace } from '../../pace.ts';
import { LARGEST_MANIFEST, parseManifest } from '../manifest.ts';
import { isForeignLayer } from '../media-types.ts';
import { invalid } from '../tar/tar-header.ts';
import type { StagedManifest } from './archive-contents.ts';
import { readStaged, type StagedFile } from './staged-files.ts';

/** Indexes of indexes exist; towers of them are made to hurt. */
const DEEPEST = 8;
const MOST_MANIFESTS = 10_000;

/** They are kept in memory until they are imported: thousands of real ones are a tenth of this. */
const MOST_BYTES = 64 << 20;

/** What became of a manifest that something lists. */
type Outcome =
  { readonly is: 'whole' } | { readonly is: 'absent' } | { readonly is: 'partial'; readonly lacks: Digest };

/**
 * Manifests and what they lead to, with all digests and sizes compared. An index may list platforms that are not
 * in the archive; an image is here with all its layers or not at all.
 */
export class ManifestTree {
  readonly manifests = new Map<Digest, StagedManifest>();
  readonly blobs = new Map<Digest, StagedFile>();
  readonly warnings: string[] = [];
  readonly #find: (digest: Digest) => StagedFile | undefined;
  readonly #outcomes = new Map<Digest, Outcome>();
  readonly #pace = new Pace();
  #bytes = 0;

  constructor(find: (digest: Digest) => StagedFile | undefined) {
    this.#find = find;
  }

  /**
   * @throws RegistryError ARCHIVE_INVALID, MANIFEST_INVALID; also if not one image of it is whole
   */
  async add(root: Pick<Descriptor, 'digest'> & Partial<Descriptor>): Promise<void> {
    const outcome = await this.#read(root, 0);
    if (outcome.is === 'absent') {
      throw invalid(`The archive names the manifest ${root.digest} and does not have it.`);
    }
    if (outcome.is === 'partial') {
      throw invalid(`The archive lacks a part of the image ${root.digest}: ${outcome.lacks}.`);
    }
  }

  async #read(
    { digest, size, mediaType }: Pick<Descriptor, 'digest'> & Partial<Descriptor>,
    depth: number,
  ): Promise<Outcome> {
    const known = this.#outcomes.get(digest);
    if (known !== undefined) return known;
    if (depth > DEEPEST) throw invalid(`The archive has indexes in indexes, more than ${DEEPEST} deep.`);
    if (this.#outcomes.size >= MOST_MANIFESTS) {
      throw invalid(`The archive has more than ${MOST_MANIFESTS} manifests.`);
    }
    const file = this.#find(digest);
    if (file === undefined) return this.#note(digest, { is: 'absent' });
    requireSize(file, { digest, size });
    this.#bytes += file.size;
    if (this.#bytes > MOST_BYTES) {
      throw invalid(`The archive has more than ${MOST_BYTES >> 20} MiB of manifests.`);
    }
    await this.#pace.rest();
    const content = await readStaged(file, LARGEST_MANIFEST, `The manifest ${digest}`);
    const entry = parse(digest, content, mediaType);
    // Before what it lists is read: a list that leads back to itself ends here.
    this.#note(digest, { is: 'absent' });
    const outcome = await this.#readParts(entry, depth);
    if (outcome.is === 'whole') this.manifests.set(digest, { entry, content });
    return this.#note(digest, outcome);
  }

  async #readParts(entry: ManifestEntry, depth: number): Promise<Outcome> {
    const found = new Map<Digest, StagedFile>();
    for (const blob of blobsNamed(entry)) {
      const file = this.#find(blob.digest);
      if (file === undefined && !isForeignLayer(blob.mediaType)) return { is: 'partial', lacks: blob.digest };
      if (file === undefined) continue;
      requireSize(file, blob);
      found.set(blob.digest, file);
    }
    const { manifests = [] } = entry;
    const lacking: Digest[] = [];
    for (const child of manifests) {
      const outcome = await this.#read(child, depth + 1);
      if (outcome.is === 'absent') lacking.push(child.digest);
      if (outcome.is === 'partial') lacking.push(outcome.lacks);
    }
    const [first] = lacking;
    if (first !== undefined && lacking.length === manifests.length) return { is: 'partial', lacks: first };
    if (first !== undefined) {
      this.warnings.push(
        `Of the ${manifests.length} images of ${entry.digest}, ${lacking.length} ${lacking.length === 1 ? 'is' : 'are'} not in the archive, or not whole.`,
      );
    }
    for (const [digest, file] of found) this.blobs.set(digest, file);
    return { is: 'whole' };
  }

  #note(digest: Digest, outcome: Outcome): Outcome {
    this.#outcomes.set(digest, outcome);
    return outcome;
  }
}

function parse(digest: Digest, content: Buffer, mediaType: string | undefined): ManifestEntry {
  try {
    return parseManifest(digest, content, mediaType);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new RegistryError('ARCHIVE_INVALID', `In the archive, of ${digest}: ${error.message}`, {
      cause: error,
    });
  }
}

function requireSize(
  file: StagedFile,
  { digest, size }: { digest: Digest; size?: number | undefined },
): void {
  if (size === undefined || file.size === size) return;
  throw invalid(`The archive names a size of ${size} bytes for ${digest}, which has ${file.size}.`);
}

function blobsNamed({ config, layers = [] }: ManifestEntry): readonly Descriptor[] {
  return config === undefined ? layers : [config, ...layers];
}
