import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { Router } from '@koa/router';
import { RegistryError } from '../error.ts';
import { json } from '../http/json.ts';
import { query, watchConnection } from '../http/request.ts';
import type { ImageFiles, Place } from '../images/files/image-files.ts';
import type { Json } from '../images/files/protocol.ts';
import type { ViewKind } from '../images/files/view.ts';
import { hexOf, parseDigest, parseName, type Digest } from '../reference.ts';
import { readRepository, type Store } from '../images/store.ts';
import { readFields, required } from './body.ts';
import type { FileSearch, FilesRead, FolderListing, WastedFiles } from './contract.ts';
import type { Jobs } from './jobs.ts';
import { numberQuery, repositoryQuery, requiredQuery } from './query.ts';

const MOST_ENTRIES = 10_000;
const MOST_FOUND = 1000;
const FOUND = 100;
/** What is in the cache is there in a moment, and then answers at once. */
const CACHED_MS = 25_000;

/** What is in the layers of images. docs/files.md */
export function filesRoutes(router: Router, store: Store, files: ImageFiles, jobs: Jobs): void {
  router.post('/api/files/read', async (ctx) => {
    const fields = await readFields(ctx, ['repository', 'digest']);
    const repository = parseName(required(fields, 'repository'));
    const place = { repository, digest: parseDigest(required(fields, 'digest')) };
    const isCached = await files.isCached(place);
    const { id } = jobs.start('read files', subjectOf(store, place), async ({ signal, progress }) => {
      const result: FilesRead = { layers: await files.read(place, progress, signal) };
      return result;
    });
    json(ctx, await jobs.read(id, isCached ? CACHED_MS : 0));
    if (!isCached) ctx.status = 202;
  });

  router.get('/api/files', async (ctx) => {
    const path = query(ctx, 'path') ?? '/';
    const listing: Json<FolderListing> = await files.list(placeOf(ctx), viewOf(ctx), path, MOST_ENTRIES);
    jsonBytes(ctx, listing);
  });

  router.get('/api/files/search', async (ctx) => {
    const text = query(ctx, 'q') ?? '';
    const found: Json<FileSearch> = await whileConnected(ctx, (gone) =>
      files.search(placeOf(ctx), viewOf(ctx), text, limitOf(ctx), gone),
    );
    jsonBytes(ctx, found);
  });

  router.get('/api/files/wasted', async (ctx) => {
    const found: Json<WastedFiles> = await whileConnected(ctx, (gone) =>
      files.wasted(placeOf(ctx), limitOf(ctx), gone),
    );
    jsonBytes(ctx, found);
  });

  /** Everything below a folder, a line of JSON each, however much that is. */
  router.get('/api/files/tree', async (ctx) => {
    const portions = files.walk(placeOf(ctx), viewOf(ctx), query(ctx, 'path') ?? '/');
    // What is refused is refused before the first line.
    const first = await portions.next();
    async function* lines(): AsyncIterable<Uint8Array> {
      if (first.done !== true) yield first.value;
      yield* portions;
    }
    ctx.set('Content-Type', 'application/x-ndjson');
    await sendStream(ctx, lines());
  });

  /** The bytes of a file are anybody's: they are handed over to be saved, and never shown. */
  router.get('/api/files/content', async (ctx) => {
    const { name, size, chunks } = await files.content(placeOf(ctx), requiredQuery(ctx, 'path'));
    ctx.set('Content-Type', 'application/octet-stream');
    ctx.set('Content-Disposition', attachment(name));
    ctx.set('Content-Security-Policy', "sandbox; default-src 'none'");
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Content-Length', String(size));
    await sendStream(ctx, chunks);
  });
}

async function whileConnected<T>(ctx: Context, work: (gone: AbortSignal) => Promise<T>): Promise<T> {
  const { gone, release } = watchConnection(ctx);
  try {
    return await work(gone);
  } finally {
    release();
  }
}

/** Ends the source when the client goes away; cuts the answer when the source fails, so that nobody takes it for whole. */
async function sendStream(ctx: Context, source: AsyncIterable<Uint8Array>): Promise<void> {
  const { gone, release } = watchConnection(ctx);
  const stream = Readable.from(source, { objectMode: true, highWaterMark: 1 });
  const stop = (): void => void stream.destroy();
  gone.addEventListener('abort', stop);
  ctx.status = 200;
  ctx.respond = false;
  const { res } = ctx;
  res.writeHead(200, res.getHeaders() as Record<string, string>);
  try {
    for await (const chunk of stream) {
      if (gone.aborted || res.destroyed || ctx.method === 'HEAD') break;
      if (!res.write(chunk)) await room(res);
    }
    res.end();
  } catch {
    res.destroy();
  } finally {
    gone.removeEventListener('abort', stop);
    release();
  }
}

/** Resolves when more can be sent, or nobody is there any more. */
function room(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    if (res.destroyed) resolve();
    else res.on('drain', done).on('close', done);
  });
}

function jsonBytes(ctx: Context, bytes: Uint8Array): void {
  ctx.set('Content-Type', 'application/json');
  ctx.body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const limitOf = (ctx: Context): number => Math.min(numberQuery(ctx, 'limit') ?? FOUND, MOST_FOUND);

function placeOf(ctx: Context): Place {
  const digest = parseDigest(query(ctx, 'digest') ?? '');
  return { repository: repositoryQuery(ctx), digest, layer: numberQuery(ctx, 'layer') };
}

function viewOf(ctx: Context): ViewKind {
  const view = query(ctx, 'view') ?? 'merged';
  if (view === 'merged' || view === 'layer') return view;
  throw new RegistryError('REQUEST_INVALID', '?view= must be "merged" or "layer".');
}

/** `app:v1` if a tag points at it, for people. */
function subjectOf(store: Store, { repository, digest }: { repository: string; digest: Digest }): string {
  const { tags } = readRepository(store, repository);
  for (const [tag, { digest: tagged }] of tags) if (tagged === digest) return `${repository}:${tag}`;
  return `${repository}@${hexOf(digest).slice(0, 12)}`;
}

/** RFC 6266: in plain characters for old clients, and as it is for the others. */
function attachment(name: string): string {
  const plain = name.replace(/[^\w.+-]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
