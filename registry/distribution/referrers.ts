import type { Context } from 'koa';
import { json } from '../http/json.ts';
import { param, query, repositoryOf } from '../http/request.ts';
import { OCI_INDEX } from '../images/media-types.ts';
import { listReferrers } from '../images/referrers.ts';
import type { Store } from '../images/store.ts';
import { parseDigest } from '../reference.ts';

/** `/v2/<name>/referrers/<digest>` */
export function referrerRoutes(store: Store) {
  return {
    /** Answers for unknown subjects too: anything else sends clients to tags named after digests. */
    async list(ctx: Context): Promise<void> {
      const name = repositoryOf(ctx);
      const digest = parseDigest(param(ctx, 'digest'));
      const artifactType = query(ctx, 'artifactType');
      const manifests = await listReferrers(store, name, digest, artifactType);
      if (artifactType !== undefined) ctx.set('OCI-Filters-Applied', 'artifactType');
      json(ctx, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
    },
  };
}
