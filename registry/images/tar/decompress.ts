import { pipeline, Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { RegistryError, systemCode } from '../../error.ts';
import { formatBytes } from '../../size.ts';
import {
  compressionOf,
  damaged,
  endsEarly,
  isUnread,
  MAGIC_BYTES,
  trailing,
  unreadable,
} from './compression.ts';
import { ZstdFrames } from './zstd-frames.ts';
import { unzstdInJavaScript } from './zstd.ts';

/** Archives and layers of zeros exist, and some are large: only where both are exceeded is it a trap. */
export interface UnpackBounds {
  /** Bytes without compression. */
  readonly unpacked: number;
  /** Times as many as with it. */
  readonly ratio: number;
}

export const UNPACK_BOUNDS: UnpackBounds = { unpacked: 4 * 2 ** 30, ratio: 200 };

const CHUNK_BYTES = 256 << 10;

/**
 * The bytes of an archive or a layer without their compression, whatever it is called: podman, for one, calls plain
 * tars compressed. Chunks are good until the next one is asked for.
 *
 * @throws RegistryError ARCHIVE_INVALID if they are damaged, break off or have more behind their end,
 *   CONTENT_TOO_LARGE beyond the bounds; the error of `source` as it is
 */
export async function* decompress(
  source: AsyncIterable<Buffer>,
  bounds: UnpackBounds = UNPACK_BOUNDS,
): AsyncGenerator<Buffer, void, undefined> {
  const { start, whole } = await peek(source);
  const compression = compressionOf(start);
  if (isUnread(compression)) {
    await whole.return();
    throw unreadable(compression);
  }
  if (compression === 'none') {
    yield* whole;
    return;
  }
  let [packed, unpacked] = [0, 0];
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of whole) {
      packed += chunk.length;
      yield chunk;
    }
  }
  for await (const chunk of compression === 'gzip' ? gunzip(counted()) : unzstd(counted())) {
    if (unpacked + chunk.length > Math.max(bounds.unpacked, bounds.ratio * packed)) {
      const what = `more than ${formatBytes(unpacked)} in ${formatBytes(packed)}`;
      throw new RegistryError('CONTENT_TOO_LARGE', `It holds ${what}: Berth looks no further.`);
    }
    unpacked += chunk.length;
    yield chunk;
  }
}

interface Peeked {
  readonly start: Buffer;
  readonly whole: AsyncGenerator<Buffer, void, undefined>;
}

async function peek(source: AsyncIterable<Buffer>): Promise<Peeked> {
  const chunks = source[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  while (start.length < MAGIC_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  // Copied: whoever takes the first chunk may give its memory back.
  const magic = Buffer.from(start.subarray(0, MAGIC_BYTES));
  async function* whole(): AsyncGenerator<Buffer, void, undefined> {
    if (start.length > 0) yield start;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { start: magic, whole: whole() };
}

/** Node's own, which works beside the event loop. */
async function* gunzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unpacking = zlib.createGunzip({ chunkSize: CHUNK_BYTES });
  let received = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      received += chunk.length;
      yield chunk;
    }
  }
  yield* through(counted(), unpacking, 'gzip');
  // It stops without a word where the last member ends, and what follows is left waiting.
  if (unpacking.bytesWritten < received) throw trailing('gzip');
}

type ZstdFactory = (options: object) => Transform;

/** In Node from 22.15 on; types and tests are of 20. */
const createZstd = (zlib as unknown as { createZstdDecompress?: ZstdFactory }).createZstdDecompress;

async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (createZstd === undefined) {
    yield* unzstdInJavaScript(source);
    return;
  }
  const frames = new ZstdFrames();
  async function* checked(): AsyncGenerator<Buffer> {
    for await (const chunk of source) yield* frames.push(chunk);
    yield* frames.end();
  }
  yield* through(checked(), createZstd({ chunkSize: CHUNK_BYTES }), 'zstd');
  frames.requireEnd();
}

/** Errors of the source are not errors of what it holds. */
class SourceError extends Error {}

async function* through(
  source: AsyncIterable<Buffer>,
  unpacking: Transform,
  compression: 'gzip' | 'zstd',
): AsyncGenerator<Buffer> {
  async function* guarded(): AsyncGenerator<Buffer> {
    try {
      yield* source;
    } catch (error) {
      throw new SourceError('', { cause: error });
    }
  }
  const input = Readable.from(guarded(), { objectMode: true, highWaterMark: 1 });
  // Its error is that of the transform too, from which it is read.
  pipeline(input, unpacking, () => undefined);
  try {
    for await (const chunk of unpacking) yield chunk as Buffer;
  } catch (error) {
    if (error instanceof SourceError) throw error.cause;
    throw explain(error, compression);
  } finally {
    unpacking.destroy();
    input.destroy();
  }
}

function explain(error: unknown, compression: 'gzip' | 'zstd'): Error {
  const code = systemCode(error);
  if (code === 'Z_BUF_ERROR' || code === 'ZSTD_error_srcSize_wrong') return endsEarly(compression, error);
  // The first header was looked at before: this is where another member would begin.
  const isTrailing = error instanceof Error && error.message === 'incorrect header check';
  return isTrailing ? trailing(compression) : damaged(compression, error);
}
