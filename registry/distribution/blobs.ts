import type { Context } from 'koa';
import { actorOf, connectionOf, param, repositoryOf, watchConnection } from '../http/request.ts';
import { deleteBlob, openBlob, statBlob } from '../images/blobs.ts';
import type { Store } from '../images/store.ts';
import { parseDigest, type Digest } from '../reference.ts';
import { parseRange, type ByteRange } from './range.ts';

/** `/v2/<name>/blobs/<digest>` */
export function blobRoutes(store: Store) {
  return {
    async head(ctx: Context): Promise<void> {
      const { repository, digest } = target(ctx);
      describe(ctx, digest, await statBlob(store, repository, digest, connectionOf(ctx)));
      ctx.status = 200;
      if (ctx.fresh) ctx.status = 304;
    },

    async get(ctx: Context): Promise<void> {
      const { repository, digest } = target(ctx);
      const blob = await openBlob(store, repository, digest);
      const connection = watchConnection(ctx);
      try {
        describe(ctx, digest, blob.size);
        ctx.status = 200;
        if (ctx.fresh) {
          ctx.status = 304;
          return;
        }
        const range = rangeOf(ctx, digest, blob.size);
        if (range !== undefined) {
          ctx.status = 206;
          ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${blob.size}`);
          ctx.set('Content-Length', String(range.end - range.start + 1));
        }
        const { start, end } = range ?? { start: 0, end: blob.size - 1 };
        await blob.send(ctx.res, start, end, connection.gone);
        ctx.res.end();
      } finally {
        connection.release();
        await blob.close();
      }
    },

    async delete(ctx: Context): Promise<void> {
      const { repository, digest } = target(ctx);
      await deleteBlob(store, repository, digest, actorOf(ctx));
      ctx.status = 202;
      ctx.body = '';
    },
  };
}

function target(ctx: Context): { repository: string; digest: Digest } {
  const repository = repositoryOf(ctx);
  const digest = parseDigest(param(ctx, 'digest'));
  ctx.state['digest'] = digest;
  return { repository, digest };
}

function rangeOf(ctx: Context, digest: Digest, size: number): ByteRange | undefined {
  const condition = ctx.get('If-Range');
  if (condition !== '' && condition !== etag(digest)) return undefined;
  try {
    return parseRange(ctx.get('Range'), size);
  } catch (error) {
    ctx.set('Content-Range', `bytes */${size}`);
    throw error;
  }
}

function describe(ctx: Context, digest: Digest, size: number): void {
  ctx.set({
    'Accept-Ranges': 'bytes',
    'Content-Length': String(size),
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    ETag: etag(digest),
  });
}

/** A digest is the best validator there is. */
export function etag(digest: Digest): string {
  return `"${digest}"`;
}
