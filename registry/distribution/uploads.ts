import type { Context } from 'koa';
import type { Upload } from '../blobs/upload.ts';
import { isDiskFull, RegistryError } from '../error.ts';
import { Body } from '../http/body.ts';
import { connectionOf, param, query, repositoryOf } from '../http/request.ts';
import { finishUpload, mountBlob } from '../images/blobs.ts';
import type { Store } from '../images/store.ts';
import { algorithmOf, isDigest, parseAlgorithm, parseDigest, type Digest } from '../reference.ts';
import { parseContentRange, uploadRange } from './range.ts';

/** `/v2/<name>/blobs/uploads/` and the sessions below it */
export function uploadRoutes(store: Store) {
  return {
    /** Mounts the blob, takes it whole, or opens a session for it. */
    async post(ctx: Context): Promise<void> {
      const repository = repositoryOf(ctx);
      const mount = query(ctx, 'mount');
      if (mount !== undefined && (await tryMount(store, ctx, repository, mount))) return;

      const digest = optionalDigest(ctx);
      if (digest !== undefined) {
        const upload = await store.uploads.start(repository, algorithmOf(digest));
        try {
          await finishUpload(store, upload, { body: bodyOf(store, ctx) }, digest, connectionOf(ctx));
        } catch (error) {
          // The client was never told where the session is, so it cannot go on with it.
          await store.uploads.cancel(upload);
          throw error;
        }
        created(ctx, repository, digest);
        return;
      }
      const algorithm = parseAlgorithm(query(ctx, 'digest-algorithm') ?? 'sha256');
      progress(ctx, await store.uploads.start(repository, algorithm), 202);
    },

    /** Adds a chunk, or all of the blob. */
    async patch(ctx: Context): Promise<void> {
      const upload = await session(store, ctx);
      await locating(store, ctx, upload, async () => {
        await upload.append(bodyOf(store, ctx), chunkStart(ctx));
      });
      progress(ctx, upload, 202);
    },

    /** Adds the rest, if there is one, and closes the session. */
    async put(ctx: Context): Promise<void> {
      const upload = await session(store, ctx);
      const digest = requiredDigest(ctx);
      await locating(store, ctx, upload, async () => {
        const at = chunkStart(ctx);
        await finishUpload(store, upload, { body: bodyOf(store, ctx), at }, digest, connectionOf(ctx));
      });
      created(ctx, upload.repository, digest);
    },

    async get(ctx: Context): Promise<void> {
      progress(ctx, await session(store, ctx), 204);
    },

    async delete(ctx: Context): Promise<void> {
      await store.uploads.cancel(await session(store, ctx));
      ctx.status = 204;
    },
  };
}

/** While it waits for room, it is no sign that its client is doing anything else. */
function bodyOf({ leases }: Store, ctx: Context): Body {
  const [repository, caller] = [repositoryOf(ctx), connectionOf(ctx)];
  return new Body(ctx, (work) => leases.waiting(repository, caller, work));
}

function session(store: Store, ctx: Context): Promise<Upload> {
  return store.uploads.read(repositoryOf(ctx), param(ctx, 'upload'));
}

/**
 * A mount that is not possible, for whatever reason, is no error: clients send the blob instead, and
 * several of them break off at anything but 201 and 202.
 */
async function tryMount(store: Store, ctx: Context, repository: string, digest: string): Promise<boolean> {
  if (!isDigest(digest)) return false;
  if (!(await mountBlob(store, repository, digest, query(ctx, 'from'), connectionOf(ctx)))) return false;
  created(ctx, repository, digest);
  return true;
}

/** Says where the session is and ends also when it refuses: with these two a client goes on by itself. */
async function locating(
  store: Store,
  ctx: Context,
  upload: Upload,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    // Nobody comes back after that, and a full disk needs the room.
    if (isDiskFull(error)) await store.uploads.cancel(upload);
    else locate(ctx, upload);
    throw error;
  }
}

/**
 * Where the client believes the upload to end; undefined if it does not say.
 *
 * @throws RegistryError RANGE_INVALID, SIZE_INVALID
 */
function chunkStart(ctx: Context): number | undefined {
  const header = ctx.get('Content-Range');
  if (header === '') return undefined;
  const { start, end } = parseContentRange(header);
  const length = ctx.request.length;
  if (length === undefined || length === end - start + 1) return start;
  throw new RegistryError('SIZE_INVALID', 'Content-Length and Content-Range disagree.', {
    detail: { contentLength: length, contentRange: header },
  });
}

function requiredDigest(ctx: Context): Digest {
  const digest = optionalDigest(ctx);
  if (digest !== undefined) return digest;
  throw new RegistryError('DIGEST_INVALID', 'The last request of an upload must name its ?digest=.');
}

function optionalDigest(ctx: Context): Digest | undefined {
  const digest = query(ctx, 'digest');
  if (digest === undefined) return undefined;
  ctx.state['digest'] = digest;
  return parseDigest(digest);
}

function progress(ctx: Context, upload: Upload, status: number): void {
  locate(ctx, upload);
  ctx.status = status;
  if (status !== 204) ctx.body = '';
}

/** Locations are paths: clients know best by which host, port and scheme they reach us. */
function locate(ctx: Context, upload: Upload): void {
  ctx.set({
    Location: `/v2/${upload.repository}/blobs/uploads/${upload.id}`,
    Range: uploadRange(upload.size),
    'Docker-Upload-UUID': upload.id,
  });
}

function created(ctx: Context, repository: string, digest: Digest): void {
  ctx.state['digest'] = digest;
  ctx.set({ Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest });
  ctx.status = 201;
  ctx.body = '';
}
