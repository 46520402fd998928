import type { Router } from '@koa/router';
import { RegistryError } from '../error.ts';
import { json } from '../http/json.ts';
import { markRead, queries, query, watchConnection } from '../http/request.ts';
import { duringExport, writeExport } from '../images/archives/export.ts';
import { planExport, type ExportReference } from '../images/archives/export-plan.ts';
import type { Store } from '../images/store.ts';
import { isDigest, parseDigest, parseName, parseTag } from '../reference.ts';
import { optional, readFields, texts } from './body.ts';
import type { ExportPlan } from './contract.ts';

/** Images on their way out, as one archive that every client takes. */
export function exportRoutes(router: Router, store: Store): void {
  router.get('/api/export', async (ctx) => {
    const references = parseReferences(queries(ctx, 'reference'));
    const plan = await planExport(store, references, query(ctx, 'platform'));
    await duringExport(store, plan, async () => {
      ctx.status = 200;
      ctx.set({
        'Content-Type': 'application/x-tar',
        'Content-Length': String(plan.bytes),
        'Content-Disposition': `attachment; filename="${plan.fileName}"`,
      });
      const connection = watchConnection(ctx);
      try {
        if (ctx.method !== 'HEAD') await writeExport(store, plan, ctx.res, connection.gone);
        ctx.res.end();
      } finally {
        connection.release();
      }
    });
  });

  router.post('/api/export/plan', async (ctx) => {
    markRead(ctx);
    const fields = await readFields(ctx, ['references', 'platform']);
    const references = parseReferences(texts(fields, 'references'));
    const plan = await planExport(store, references, optional<string>(fields, 'platform', 'string'));
    const { fileName, bytes, images, warnings } = plan;
    json(ctx, { fileName, bytes, images, warnings } satisfies ExportPlan);
  });
}

/** @throws RegistryError REQUEST_INVALID, NAME_INVALID, TAG_INVALID, DIGEST_INVALID */
function parseReferences(names: readonly string[]): ExportReference[] {
  if (names.length > 0) return [...new Set(names)].map(parseReference);
  throw new RegistryError('REQUEST_INVALID', 'Name at least one image, such as app:v1.');
}

function parseReference(text: string): ExportReference {
  const [, path = '', digest] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? [];
  if (digest !== undefined) return { repository: parseName(path), reference: parseDigest(digest) };
  const [, name = '', tag = 'latest'] = /^(.*?)(?::([^:/]*))?$/s.exec(path) ?? [];
  return { repository: parseName(name), reference: isDigest(tag) ? tag : parseTag(tag) };
}
