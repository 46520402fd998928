import { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import * as zlib from 'node:zlib';
import { systemCode } from '../../error.ts';
import { invalid } from '../tar/tar-header.ts';
import { compressionOf, MAGIC_BYTES } from './compression.ts';
import { UnpackLimit } from './unpack-limit.ts';
import { decompressZstd } from './zstd.ts';

const CHUNK_BYTES = 256 << 10;

/**
 * The bytes of an archive, unpacked if they are compressed, whatever the archive is called.
 *
 * @throws RegistryError ARCHIVE_INVALID; the source's own error
 */
export async function* decompressed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const { head, whole } = await peek(source);
  const compression = compressionOf(head);
  if (compression === 'bzip2' || compression === 'xz') {
    throw invalid(`The archive is compressed with ${compression}. Unpack it first: ${compression} -d FILE.`);
  }
  yield* compression === 'none' ? whole : unpacked(whole, compression);
}

async function* unpacked(whole: AsyncIterable<Buffer>, compression: 'gzip' | 'zstd'): AsyncGenerator<Buffer> {
  const limit = new UnpackLimit();
  const counted = limit.count(whole);
  for await (const chunk of compression === 'gzip' ? gunzip(counted) : unzstd(counted)) {
    limit.add(chunk.length);
    yield chunk;
  }
}

async function peek(source: AsyncIterable<Buffer>): Promise<{ head: Buffer; whole: AsyncIterable<Buffer> }> {
  const chunks = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  // Copied: whoever takes the first chunk may give its memory back.
  const magic = Buffer.from(head.subarray(0, MAGIC_BYTES));
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  }
  return { head: magic, whole: whole() };
}

/** Of Node 22.15 and later. */
type CreateZstd = (options: object) => NodeJS.ReadWriteStream;

/** Node's own runs beside the event loop. */
async function* gunzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let received = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      received += chunk.length;
      yield chunk;
    }
  }
  const unpacking = zlib.createGunzip({ chunkSize: CHUNK_BYTES });
  const input = Readable.from(counted(), { objectMode: true, highWaterMark: 1 });
  let failure: unknown;
  const fed = new Promise<void>((resolve) => {
    pipeline(input, unpacking, (error) => {
      failure = error;
      resolve();
    });
  });
  try {
    for await (const chunk of unpacking) yield chunk as Buffer;
  } catch (error) {
    throw explain(error, 'gzip');
  } finally {
    unpacking.destroy();
    input.destroy();
  }
  // zlib stops without a word where the gzip ends, and what follows is left waiting.
  if (unpacking.bytesWritten < received) {
    throw trailing();
  }
  await fed;
  if (failure instanceof Error && systemCode(failure) !== 'ERR_STREAM_PREMATURE_CLOSE') throw failure;
}

async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const create = (zlib as { createZstdDecompress?: CreateZstd }).createZstdDecompress;
  yield* create === undefined ? decompressZstd(source) : nativeZstd(source, create);
}

async function* nativeZstd(source: AsyncIterable<Buffer>, create: CreateZstd): AsyncGenerator<Buffer> {
  const unpacking = create({ chunkSize: CHUNK_BYTES });
  const input = Readable.from(source, { objectMode: true, highWaterMark: 1 });
  pipeline(input, unpacking, () => undefined);
  try {
    for await (const chunk of unpacking) yield chunk as Buffer;
  } catch (error) {
    throw explain(error, 'zstd');
  } finally {
    input.destroy();
  }
}

/** Zlib's own errors are about the archive; others are of the connection it came over. */
export function explain(error: unknown, what: string): unknown {
  const code = systemCode(error) ?? '';
  if (code === 'Z_BUF_ERROR' || code === 'ZSTD_error_srcSize_wrong') {
    return invalid(`The ${what} ends early: the archive was cut, or not saved to its end.`);
  }
  // Its first header was looked at before: this is where another part would begin.
  if (error instanceof Error && error.message === 'incorrect header check') return trailing();
  if (code.startsWith('Z_') || code.startsWith('ZSTD_') || code.startsWith('ERR_ZLIB') || code === 'ERR_ZSTD')
    return invalid(`The ${what} is damaged and cannot be unpacked.`);
  return error;
}

function trailing(): Error {
  return invalid('Something follows the end of the gzip that does not belong to it.');
}
