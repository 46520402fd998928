import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parentPort } from 'node:worker_threads';
import { createGunzip, createGzip } from 'node:zlib';
import { decompress } from '../tar/decompress.ts';
import { explain } from './decompress.ts';
import { UnpackLimit } from './unpack-limit.ts';

/** `compress` a layer as it will be stored, or `unpack` one only to learn what its bytes are. */
export type LayerTask = {
  readonly source: { readonly file: string } | { readonly content: Uint8Array };
} & (
  | { readonly kind: 'compress'; readonly target: string }
  | { readonly kind: 'unpack'; readonly compression: 'none' | 'gzip' | 'zstd' }
);

export type LayerMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'done'; readonly digest: `sha256:${string}`; readonly size: number }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * The same bytes for ever, as far as zlib allows: no time and no name in them. Level 3 is as fast here as the
 * fastest, a third of the time of zlib's own choice, and its results are 5 % larger than that one's.
 */
const GZIP = { level: 3, memLevel: 9, chunkSize: 128 << 10 };

const BLOCK_BYTES = 256 << 10;

/** Bytes of what is read, between two reports. */
const REPORT_BYTES = 8 << 20;

parentPort?.on('message', (task: LayerTask) => {
  work(task).then(post, (error: unknown) => {
    const { message } = explain(error, 'layer') as Error;
    post({ kind: 'failed', reason: message });
  });
});

async function work(task: LayerTask): Promise<LayerMessage> {
  const source =
    'file' in task.source
      ? createReadStream(task.source.file, { highWaterMark: BLOCK_BYTES })
      : Readable.from([Buffer.from(task.source.content)]);
  const hash = createHash('sha256');
  let size = 0;
  const limit = new UnpackLimit();
  const measure = (chunk: Buffer): void => {
    hash.update(chunk);
    size += chunk.length;
  };
  if (task.kind === 'compress') {
    const measured = new Transform({
      transform(chunk: Buffer, _, done) {
        measure(chunk);
        done(null, chunk);
      },
    });
    const target = createWriteStream(task.target, { flags: 'wx', flush: true, highWaterMark: BLOCK_BYTES });
    await pipeline(reported(source), createGzip(GZIP), measured, target);
  } else {
    for await (const chunk of unpacked(limit.count(reported(source)), task.compression)) {
      measure(chunk);
      if (task.compression !== 'none') limit.add(chunk.length);
    }
  }
  return { kind: 'done', digest: `sha256:${hash.digest('hex')}`, size };
}

/** @returns chunks that are good until the next one is asked for */
function unpacked(
  source: AsyncIterable<Buffer>,
  compression: 'none' | 'gzip' | 'zstd',
): AsyncIterable<Buffer> {
  if (compression === 'none') return source;
  // As layers are unpacked that people look into: a frame asks for memory, and does not get all that it likes.
  if (compression === 'zstd') return decompress(source);
  const unpacker = createGunzip({ chunkSize: GZIP.chunkSize });
  // Its error is that of the unpacker too, from which it is read.
  pipeline(source, unpacker).catch(() => undefined);
  return unpacker;
}

async function* reported(source: Readable): AsyncIterable<Buffer> {
  let bytes = 0;
  let before = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes - before >= REPORT_BYTES) {
      before = bytes;
      post({ kind: 'progress', bytes });
    }
    yield chunk;
  }
}

function post(message: LayerMessage): void {
  parentPort?.postMessage(message);
}
