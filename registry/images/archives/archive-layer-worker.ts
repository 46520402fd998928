import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parentPort } from 'node:worker_threads';
import { createGzip } from 'node:zlib';
import { RegistryError, systemCode } from '../../error.ts';
import { decompress } from '../tar/decompress.ts';

/** `compress` a layer as it will be stored, or `unpack` one only to learn what its bytes are. */
export type LayerTask = {
  readonly source: { readonly file: string } | { readonly content: Uint8Array };
} & ({ readonly kind: 'compress'; readonly target: string } | { readonly kind: 'unpack' });

export type LayerMessage =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'done'; readonly digest: `sha256:${string}`; readonly size: number }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Not for anything in the layer; `code` as the system calls it. */
  | { readonly kind: 'failed'; readonly reason: string; readonly code: string | undefined };

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
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof RegistryError) post({ kind: 'refused', reason });
    else post({ kind: 'failed', reason, code: systemCode(error) });
  });
});

async function work(task: LayerTask): Promise<LayerMessage> {
  const source =
    'file' in task.source
      ? createReadStream(task.source.file, { highWaterMark: BLOCK_BYTES })
      : Readable.from([Buffer.from(task.source.content)]);
  const hash = createHash('sha256');
  let size = 0;
  async function* measured(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const reported = reporting(source as AsyncIterable<Buffer>);
  if (task.kind === 'compress') {
    const target = createWriteStream(task.target, { flags: 'wx', flush: true, highWaterMark: BLOCK_BYTES });
    await pipeline(reported, createGzip(GZIP), measured, target);
  } else {
    for await (const _ of measured(decompress(reported)));
  }
  return { kind: 'done', digest: `sha256:${hash.digest('hex')}`, size };
}

async function* reporting(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  let reported = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes - reported >= REPORT_BYTES) {
      reported = bytes;
      post({ kind: 'progress', bytes });
    }
    yield chunk;
  }
}

function post(message: LayerMessage): void {
  parentPort?.postMessage(message);
}
