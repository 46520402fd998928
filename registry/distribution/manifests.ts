import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import { readBody } from '../http/body.ts';
import { actorOf, connectionOf, isLooking, queries, referenceOf, repositoryOf } from '../http/request.ts';
import { LARGEST_MANIFEST } from '../images/manifest.ts';
import { deleteManifest } from '../collector/deletion.ts';
import { pushManifest, readManifest } from '../images/manifests.ts';
import { DOCKER_SCHEMA_1, isManifestType } from '../images/media-types.ts';
import type { Store } from '../images/store.ts';
import { isDigest, parseTag } from '../reference.ts';
import { etag } from './blobs.ts';

/** More tags in one push than any release has. */
const MOST_TAGS = 100;

/** `/v2/<name>/manifests/<reference>` */
export function manifestRoutes(store: Store) {
  return {
    async get(ctx: Context): Promise<void> {
      const name = repositoryOf(ctx);
      const reference = referenceOf(ctx);
      const { manifest, content } = await readManifest(
        store,
        name,
        reference,
        connectionOf(ctx),
        ctx.method === 'HEAD' ? 'existence' : 'content',
      );
      if (!accepts(ctx, manifest.mediaType)) {
        throw new RegistryError(
          'MANIFEST_UNKNOWN',
          'The manifest has a type that the client does not accept.',
          {
            detail: { mediaType: manifest.mediaType, accept: ctx.get('Accept') },
          },
        );
      }
      ctx.state['digest'] = manifest.digest;
      ctx.set({
        'Content-Type': manifest.mediaType,
        'Docker-Content-Digest': manifest.digest,
        ETag: etag(manifest.digest),
        Vary: 'Accept',
      });
      ctx.status = 200;
      if (ctx.fresh) {
        ctx.status = 304;
        return;
      }
      if (ctx.method === 'GET' && !isLooking(ctx)) store.observations.pulled(name, manifest.digest);
      ctx.body = content;
    },

    async put(ctx: Context): Promise<void> {
      const repository = repositoryOf(ctx);
      const reference = referenceOf(ctx);
      const digest = isDigest(reference) ? reference : undefined;
      const tags = digest === undefined ? [reference] : tagsOf(ctx);
      const content = await readBody(ctx, LARGEST_MANIFEST);
      const contentType = ctx.get('Content-Type') || undefined;

      const pushed = await pushManifest(
        store,
        { repository, digest, tags, content, contentType },
        connectionOf(ctx),
      );
      ctx.state['digest'] = pushed.digest;
      ctx.set('Location', `/v2/${repository}/manifests/${pushed.digest}`);
      ctx.set('Docker-Content-Digest', pushed.digest);
      if (pushed.subject !== undefined) ctx.set('OCI-Subject', pushed.subject);
      if (digest !== undefined && tags.length > 0) ctx.set('OCI-Tag', tags.join(', '));
      ctx.status = 201;
      ctx.body = '';
    },

    async delete(ctx: Context): Promise<void> {
      const { change } = await deleteManifest(store, repositoryOf(ctx), referenceOf(ctx), actorOf(ctx));
      // What takes it back: `POST /api/undo` with this number.
      if (change !== null) ctx.set('Berth-Change', String(change));
      ctx.status = 202;
      ctx.body = '';
    },
  };
}

function tagsOf(ctx: Context): string[] {
  const tags = [...new Set(queries(ctx, 'tag'))];
  if (tags.length <= MOST_TAGS) return tags.map(parseTag);
  throw new RegistryError('TAG_INVALID', `One push may set at most ${MOST_TAGS} tags.`, {
    detail: { tags: tags.length },
  });
}

/**
 * Old clients name the types of manifest that they can read; several headers arrive joined by commas. One
 * that names none of them, but JSON in general or nothing at all, gets what there is.
 */
function accepts(ctx: Context, mediaType: string): boolean {
  const types = ctx
    .get('Accept')
    .split(',')
    .map((each) => each.split(';')[0]?.trim().toLowerCase() ?? '');
  const isParticular = types.some((type) => isManifestType(type) || type.startsWith(DOCKER_SCHEMA_1));
  return !isParticular || types.some((type) => [mediaType, '*/*', 'application/*'].includes(type));
}
