import { Router } from '@koa/router';
import type { Context, Next } from 'koa';
import { json } from '../http/json.ts';
import { connectionOf, query } from '../http/request.ts';
import type { Store } from '../images/store.ts';
import { blobRoutes } from './blobs.ts';
import { catalogRoutes } from './catalog.ts';
import { manifestRoutes } from './manifests.ts';
import { referrerRoutes } from './referrers.ts';
import { tagRoutes } from './tags.ts';
import { uploadRoutes } from './uploads.ts';

/**
 * The HTTP API of the OCI Distribution Spec. Names have slashes and may contain the words `blobs`,
 * `manifests` and `tags`: a greedy name leaves the last such word to the route.
 */
export function distributionRouter(store: Store): Router {
  const router = new Router();
  const blobs = blobRoutes(store);
  const uploads = uploadRoutes(store);
  const manifests = manifestRoutes(store);
  const tags = tagRoutes(store);
  const catalog = catalogRoutes(store);
  const referrers = referrerRoutes(store);

  router.use(describeApi, noteActivity(store));

  const manifest = '/v2/*name/manifests/:reference';
  router.get(manifest, manifests.get).put(manifest, manifests.put).delete(manifest, manifests.delete);

  const upload = '/v2/*name/blobs/uploads/:upload';
  router.post('/v2/*name/blobs/uploads', uploads.post);
  router.patch(upload, uploads.patch).put(upload, uploads.put);
  router.get(upload, uploads.get).delete(upload, uploads.delete);

  const blob = '/v2/*name/blobs/:digest';
  router.head(blob, blobs.head).get(blob, blobs.get).delete(blob, blobs.delete);

  router.get('/v2', (ctx) => json(ctx, {}));
  router.get('/v2/_catalog', catalog.list);
  router.get('/_catalog', catalog.list);
  router.get('/v2/tags/list', catalog.listTags);
  router.get('/v2/*name/tags/list', tags.list);
  router.get('/v2/*name/referrers/:digest', referrers.list);
  return router;
}

/** Old clients look for the version; containerd says with `ns` for which registry it takes us. */
async function describeApi(ctx: Context, next: Next): Promise<void> {
  ctx.set('Docker-Distribution-API-Version', 'registry/2.0');
  const namespace = query(ctx, 'ns');
  if (namespace !== undefined && /^[\w.:-]{1,255}$/.test(namespace)) ctx.set('OCI-Namespace', namespace);
  await next();
}

/** Each request of a push or pull is a sign that its client is still at work in the repository. */
function noteActivity(store: Store) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const name = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(ctx.path)?.[1];
    if (name === undefined) await next();
    else await store.leases.working(name, connectionOf(ctx), next);
  };
}
