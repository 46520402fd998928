import { pipeline, Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { invalid } from './tar-header.ts';
import { ZstdFrames } from './zstd-frames.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

/** Enough of the first bytes to tell them apart. */
const MAGIC_BYTES = 6;

/** What a stream holds, whatever its name or media type says: podman, for one, calls plain tars compressed. */
export function compressionOf(start: Buffer): Compression {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (start.length >= 4) {
    const magic = start.readUInt32LE(0);
    if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
    if (start.toString('latin1', 0, 6) === '\xfd7zXZ\0') throw unreadable('xz');
    if (start.toString('latin1', 0, 3) === 'BZh') throw unreadable('bzip2');
  }
  return 'none';
}

/**
 * The bytes without their compression, in chunks that are good until the next one is asked for.
 *
 * @throws RegistryError ARCHIVE_INVALID if they are damaged or break off; the error of `source` as it is
 */
export async function* decompress(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const { start, rest } = await peek(source);
  const compression = compressionOf(start);
  if (compression === 'zstd') yield* unzstd(rest);
  else if (compression === 'none') yield* rest;
  else yield* through(rest, zlib.createGunzip({ chunkSize: CHUNK_BYTES }), compression);
}

const CHUNK_BYTES = 256 << 10;

async function peek(source: AsyncIterable<Buffer>): Promise<{ start: Buffer; rest: AsyncIterable<Buffer> }> {
  const chunks = source[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  while (start.length < MAGIC_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  async function* rest(): AsyncIterable<Buffer> {
    if (start.length > 0) yield start;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { start, rest: rest() };
}

/** Errors of the source are not errors of what it holds. */
class SourceError extends Error {}

async function* through(
  source: AsyncIterable<Buffer>,
  transform: Transform,
  name: string,
): AsyncIterable<Buffer> {
  async function* guarded(): AsyncIterable<Buffer> {
    try {
      yield* source;
    } catch (error) {
      throw new SourceError('', { cause: error });
    }
  }
  // Its error is that of the transform too, from which it is read.
  pipeline(Readable.from(guarded(), { objectMode: true }), transform, () => undefined);
  try {
    for await (const chunk of transform) yield chunk as Buffer;
  } catch (error) {
    if (error instanceof SourceError) throw error.cause;
    throw invalid(`It is damaged: its compression (${name}) breaks off.`, error);
  }
}

type ZstdFactory = (options: object) => Transform;

/** In Node from 22.15 on; types and tests are of 20. */
const native = (zlib as unknown as { createZstdDecompress?: ZstdFactory }).createZstdDecompress;

async function* unzstd(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const frames = new ZstdFrames();
  async function* checked(): AsyncIterable<Buffer> {
    for await (const chunk of source) yield* frames.push(chunk);
    yield* frames.end();
  }
  if (native !== undefined) yield* through(checked(), native({ chunkSize: CHUNK_BYTES }), 'zstd');
  else yield* inJavaScript(checked());
}

/** A frame may be as short as ten bytes, and each one of a slice is a call deeper in the decompressor. */
const SLICE_BYTES = 16 << 10;

async function* inJavaScript(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let out: Buffer[] = [];
  const decompressor = new Decompress((bytes) => {
    if (bytes.length > 0) out.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
  const push = (bytes: Buffer, isLast: boolean): Buffer[] => {
    try {
      decompressor.push(bytes, isLast);
    } catch (error) {
      throw invalid('It is damaged: its compression (zstd) breaks off.', error);
    }
    const ready = out;
    out = [];
    return ready;
  };
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      yield* push(chunk.subarray(at, at + SLICE_BYTES), false);
    }
  }
  yield* push(Buffer.alloc(0), true);
}

function unreadable(name: string): Error {
  return invalid(`It is compressed with ${name}, which Berth does not read.`);
}
