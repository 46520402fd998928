import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { RegistryError, systemCode } from '../../error.ts';
import { algorithmOf, hexOf, type Digest } from '../../reference.ts';
import { formatBytes } from '../../size.ts';
import { decompress, UNPACK_BOUNDS, type UnpackBounds } from '../tar/decompress.ts';
import { readTar, type TarEntry } from '../tar/tar-reader.ts';
import { layerEntryOf, type LayerEntry } from './layer-entry.ts';
import { ListingWriter, type Listing } from './listing.ts';

/** What a layer may ask for before Berth looks no further into it. */
export interface LayerBounds extends UnpackBounds {
  readonly entries: number;
  /** Bytes of the packed listing. */
  readonly listing: number;
  readonly milliseconds: number;
}

export const LAYER_BOUNDS: LayerBounds = {
  ...UNPACK_BOUNDS,
  entries: 2_000_000,
  listing: 128 << 20,
  milliseconds: 30 * 60_000,
};

/** Bytes of a path, or of what a link names: what a kernel takes. */
const LONGEST_PATH = 4095;

const BLOCK_BYTES = 256 << 10;

export interface LayerReading {
  readonly listing: Listing;
  /** Whether another reading would find the same, so that it may be kept. */
  readonly isLasting: boolean;
}

/**
 * Lists a layer as it streams by. Whatever is wrong with it becomes a sentence; what was read until then stays.
 *
 * @param onProgress told of compressed bytes that were read since it was told last
 * @throws the reason of `signal`
 */
export async function readLayer(
  path: string,
  digest: Digest,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
  bounds: LayerBounds = LAYER_BOUNDS,
): Promise<LayerReading> {
  const writer = new ListingWriter();
  const blob = new BlobBytes(path, digest, signal, onProgress);
  let problem: string | null = null;
  let isLasting = true;
  try {
    const content = inTime(decompress(blob.read(), bounds), bounds.milliseconds);
    for await (const entry of layerEntries(content)) {
      if (isTooLong(entry)) {
        problem ??= `Paths of more than ${LONGEST_PATH} bytes are left out.`;
        continue;
      }
      if (writer.entries === bounds.entries) throw beyond(`more than ${bounds.entries} files`);
      if (writer.bytes > bounds.listing)
        throw beyond(`a list of files of more than ${formatBytes(bounds.listing)}`);
      writer.append(entry);
    }
    // What follows the end of the archive is of the layer too, and only all of it has the digest.
    await blob.readToEnd();
    if (!blob.isIntact)
      throw new RegistryError('DIGEST_INVALID', 'Its content is damaged: it has another digest.');
  } catch (error) {
    signal.throwIfAborted();
    ({ problem, isLasting } = explain(error));
  } finally {
    await blob.close();
  }
  return { listing: writer.finish(problem), isLasting };
}

/** The entries of an archive that make files, in its order: the same ones however often it is read. */
export async function* layerEntries(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<LayerEntry & Pick<TarEntry, 'readFilled'>, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  // Nothing at all is how some programs write a layer that changes nothing.
  if (first.done === true) return;
  async function* all(): AsyncIterable<Buffer> {
    yield first.value as Buffer;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  for await (const member of readTar(all(), { ignoreTrailing: true })) {
    const entry = layerEntryOf(member);
    if (entry !== undefined) yield { ...entry, readFilled: () => member.readFilled() };
  }
}

/** No system could unpack it: it is left out of the listing, and of all counting of entries. */
export function isTooLong({ path, target }: LayerEntry): boolean {
  return path.length > LONGEST_PATH || target.length > LONGEST_PATH;
}

export function blobPath(folder: string, digest: Digest): string {
  return `${folder}/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/** The bytes of a blob as they are stored. */
export class BlobBytes {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #hash;
  readonly #hex: string;
  readonly #signal: AbortSignal;
  readonly #onProgress: (bytes: number) => void;

  constructor(path: string, digest: Digest, signal: AbortSignal, onProgress: (bytes: number) => void) {
    const stream = createReadStream(path, { highWaterMark: BLOCK_BYTES });
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#hash = createHash(algorithmOf(digest));
    this.#hex = hexOf(digest);
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  async *read(): AsyncIterable<Buffer> {
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
  }

  async readToEnd(): Promise<void> {
    let chunk: Buffer | undefined;
    do chunk = await this.#next();
    while (chunk !== undefined);
  }

  async #next(): Promise<Buffer | undefined> {
    this.#signal.throwIfAborted();
    const { done, value } = await this.#chunks.next();
    if (done === true) return undefined;
    this.#hash.update(value);
    this.#onProgress(value.length);
    return value;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** To be asked once, at the end. */
  get isIntact(): boolean {
    return this.#hash.digest('hex') === this.#hex;
  }
}

async function* inTime(source: AsyncIterable<Buffer>, milliseconds: number): AsyncGenerator<Buffer> {
  const deadline = performance.now() + milliseconds;
  for await (const chunk of source) {
    if (performance.now() > deadline) {
      const minutes = milliseconds / 60_000;
      throw new RegistryError('REQUEST_TIMEOUT', `Reading it took more than ${minutes} minutes.`);
    }
    yield chunk;
  }
}

function beyond(what: string): RegistryError {
  return new RegistryError('CONTENT_TOO_LARGE', `It holds ${what}: Berth looks no further.`);
}

const LASTING = new Set(['ARCHIVE_INVALID', 'CONTENT_TOO_LARGE']);

function explain(error: unknown): { problem: string; isLasting: boolean } {
  if (error instanceof RegistryError) return { problem: error.message, isLasting: LASTING.has(error.code) };
  const code = systemCode(error);
  if (code === 'ENOENT') return { problem: 'It is not here any more.', isLasting: false };
  if (code !== undefined) return { problem: `The disk cannot read it (${code}).`, isLasting: false };
  throw error;
}
